import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AdastraError } from '../../core/index.ts';
import { base32Of, bytesOfBase32 } from './base32.ts';
import { decodeInviteCode, encodeInviteCode } from './invite-code.ts';

const id = (byte: number): Uint8Array => new Uint8Array(16).fill(byte);
const CODE = { host: '192.168.1.7', port: 4711, inviter: id(1), worldId: id(2), token: id(3) };

function codeOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (AdastraError.is(error)) return error.code;
    throw error;
  }
  return 'none';
}

test('base32: every run of bytes comes back, in the alphabet of RFC 4648', () => {
  const text = (ascii: string): Uint8Array => new TextEncoder().encode(ascii);
  expect(base32Of(text('foobar'))).toBe('MZXW6YTBOI');
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      expect(bytesOfBase32(base32Of(bytes))).toEqual(bytes);
    }),
  );
  for (const bad of ['1', '0AAAAAAA', 'AAAAAAA!', 'AB', 'A']) {
    expect(bytesOfBase32(bad)).toBe(undefined);
  }
});

test('a code says what it was made of, however it was copied', () => {
  const code = encodeInviteCode(CODE);
  expect(code).toMatch(/^ADASTRA-[A-Z2-7]+$/);
  expect(decodeInviteCode(code)).toEqual(CODE);
  expect(decodeInviteCode(`  ${code.toLowerCase()}\n`)).toEqual(CODE);
  const broken = `${code.slice(0, 40)}\n  ${code.slice(40)}`;
  expect(decodeInviteCode(broken)).toEqual(CODE);
  const named = { ...CODE, host: 'till.local' };
  expect(decodeInviteCode(encodeInviteCode(named))).toEqual(named);
});

test('a code that was mistyped or cut off is refused, wherever it was', () => {
  const code = encodeInviteCode(CODE);
  for (let at = 'ADASTRA-'.length; at < code.length; at++) {
    const other = code[at] === 'A' ? 'B' : 'A';
    const mistyped = code.slice(0, at) + other + code.slice(at + 1);
    expect(codeOf(() => decodeInviteCode(mistyped))).toBe('invite_invalid');
    expect(codeOf(() => decodeInviteCode(code.slice(0, at)))).toBe('invite_invalid');
  }
  for (const bad of ['', 'hello', undefined, 5, {}, 'ADASTRA-', `ADASTRA-${'A'.repeat(5000)}`]) {
    expect(codeOf(() => decodeInviteCode(bad))).toBe('invite_invalid');
  }
});
