import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BrokenInvariant } from './assert.ts';
import { ByteReader, MalformedBytes } from './byte-reader.ts';
import { bytesOfHex, equalBytes, hexOf } from './bytes.ts';
import { originBytes, originText } from './origin.ts';
import { CHAIN_START, Vector } from './vector.ts';

const origin = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => originText(bytes));
const entries = fc.uniqueArray(
  fc.record({
    origin,
    originSeq: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    digest: fc.uint8Array({ minLength: 32, maxLength: 32 }),
  }),
  { selector: (entry) => entry.origin, maxLength: 6 },
);

function vectorOf(
  given: readonly { origin: string; originSeq: number; digest: Uint8Array }[],
): Vector {
  const vector = new Vector();
  for (const entry of given) vector.advance(entry.origin, entry.originSeq, entry.digest);
  return vector;
}

test('a vector is what was put in, in whatever order, and survives encoding', () => {
  fc.assert(
    fc.property(entries, (given) => {
      const vector = vectorOf(given);
      const other = vectorOf([...given].reverse());
      expect(vector.equals(other)).toBe(true);
      expect(equalBytes(vector.encode(), other.encode())).toBe(true);
      const reader = new ByteReader(vector.encode());
      const decoded = Vector.decode(reader);
      reader.finish();
      expect(decoded.entries()).toEqual(vector.entries());
      for (const entry of given) {
        expect(decoded.originSeqOf(entry.origin)).toBe(entry.originSeq);
        expect(equalBytes(decoded.digestOf(entry.origin), entry.digest)).toBe(true);
      }
    }),
  );
});

test('a truncated vector is malformed', () => {
  const bytes = vectorOf([
    { origin: originText(new Uint8Array(32)), originSeq: 300, digest: new Uint8Array(32) },
  ]).encode();
  for (let length = 0; length < bytes.length; length++) {
    expect(() => Vector.decode(new ByteReader(bytes.subarray(0, length)))).toThrow(MalformedBytes);
  }
});

test('an entry never goes back or stays (INV-10); a copy is its own', () => {
  const name = originText(new Uint8Array(32).fill(7));
  const vector = vectorOf([{ origin: name, originSeq: 5, digest: new Uint8Array(32) }]);
  expect(() => vector.advance(name, 5, new Uint8Array(32))).toThrow(BrokenInvariant);
  const copy = vector.copy();
  copy.advance(name, 6, new Uint8Array(32).fill(1));
  expect(vector.originSeqOf(name)).toBe(5);
  expect(vector.equals(copy)).toBe(false);
  expect(vector.originSeqOf('nobody')).toBe(0);
  expect(vector.digestOf('nobody')).toBe(CHAIN_START);
});

test('equal seqs with other digests are not equal: a fork shows', () => {
  const name = originText(new Uint8Array(32));
  const one = vectorOf([{ origin: name, originSeq: 5, digest: new Uint8Array(32) }]);
  const two = vectorOf([{ origin: name, originSeq: 5, digest: new Uint8Array(32).fill(1) }]);
  expect(one.equals(two)).toBe(false);
  expect(one.equals(new Vector())).toBe(false);
});

test('origins are 32 bytes and their text', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 40, maxLength: 40 }),
      fc.nat({ max: 8 }),
      (bytes, at) => {
        const text = originText(bytes, at);
        expect(text).toMatch(/^[0-9a-f]{32}\.[0-9a-f]{32}$/);
        expect(originBytes(text)).toEqual(new Uint8Array(bytes.subarray(at, at + 32)));
      },
    ),
  );
  const good = originText(new Uint8Array(32));
  for (const bad of ['', good.slice(1), `${good}0`, good.replace('.', '0'), `G${good.slice(1)}`]) {
    expect(originBytes(bad)).toBeUndefined();
  }
});

test('hex is lower case, two digits a byte, and nothing else', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      expect(hexOf(bytes)).toBe(Buffer.from(bytes).toString('hex'));
      expect(bytesOfHex(hexOf(bytes))).toEqual(bytes);
    }),
  );
  expect(hexOf(new Uint8Array([1, 2, 3]), 1, 2)).toBe('02');
  for (const bad of ['0', 'AB', 'zz', '0x', ' 00']) expect(bytesOfHex(bad)).toBeUndefined();
  expect(equalBytes(new Uint8Array([1]), new Uint8Array([1, 2]))).toBe(false);
  expect(equalBytes(new Uint8Array([1, 2]), new Uint8Array([1, 3]))).toBe(false);
});
