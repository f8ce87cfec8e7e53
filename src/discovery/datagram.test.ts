/** The codec: what goes in comes out, and anything else is a reason, never an error. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  CRYPTO,
  datagramOf,
  identityOf,
  saidBy,
  WORLD_ID,
} from '../../test/support/discovery-node.ts';
import { figure } from '../../test/support/long.ts';
import { hexOf } from '../core/index.ts';
import {
  compareSessions,
  type Datagram,
  DATAGRAM_BYTES_MAX,
  decodeDatagram,
  encodeDatagram,
  isSigned,
  PROBE_BYTES,
  worldHintOf,
} from './datagram.ts';
import { DROP_REASONS, type DropReason } from './drop-reason.ts';

const ALICE = identityOf(1, 'alice');

const u48 = fc.integer({ min: 0, max: 2 ** 48 - 1 });
const bytesOf = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const address = fc.constantFrom(
  new Uint8Array([10, 0, 0, 1]),
  new Uint8Array([127, 0, 0, 1]),
  new Uint8Array(16).fill(0x20),
);
const datagrams: fc.Arbitrary<Datagram> = fc
  .record({
    kind: fc.constantFrom('announce', 'probe', 'reply', 'goodbye'),
    worldHint: bytesOf(8),
    session: fc.record({ term: u48, startedMs: u48, id: bytesOf(8).map((bytes) => hexOf(bytes)) }),
    counter: u48.map((n) => Math.max(1, n)),
    nonceByte: fc.integer({ min: 1, max: 255 }),
    nodeId: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/),
    port: fc.integer({ min: 0, max: 65_535 }),
    addresses: fc.array(address, { maxLength: 4 }),
  })
  .map(({ nonceByte, ...fields }) => {
    const isAsked = fields.kind === 'probe' || fields.kind === 'reply';
    const nonce = new Uint8Array(16).fill(isAsked ? nonceByte : 0);
    return { ...fields, nonce, publicKey: ALICE.publicKey } as Datagram;
  });

function reasonOf(bytes: Uint8Array): DropReason | undefined {
  const decoded = decodeDatagram(bytes);
  return decoded.ok ? undefined : decoded.error;
}

it('reads what it wrote, with a signature that holds', () => {
  fc.assert(
    fc.property(datagrams, (datagram) => {
      const bytes = encodeDatagram(datagram, CRYPTO, ALICE.privateSeed);
      expect(decodeDatagram(bytes)).toEqual({ ok: true, value: datagram });
      expect(isSigned(bytes, ALICE.publicKey, CRYPTO)).toBe(true);
      expect(bytes.length).toBeLessThanOrEqual(PROBE_BYTES);
      if (datagram.kind === 'probe') expect(bytes.length).toBe(PROBE_BYTES);
    }),
    { numRuns: figure({ short: 100, long: 2_000 }) },
  );
});

it('no byte can be changed without the signature failing', () => {
  const bytes = saidBy(ALICE);
  for (let at = 0; at < bytes.length; at++) {
    const changed = bytes.slice();
    changed[at] = (changed[at] as number) ^ 0x20;
    const decoded = decodeDatagram(changed);
    const holds = decoded.ok && isSigned(changed, decoded.value.publicKey, CRYPTO);
    expect(holds, `byte ${at}`).toBe(false);
  }
});

it('a signature over the bytes alone, without the context, does not hold', () => {
  const bytes = saidBy(ALICE);
  const body = bytes.slice(0, -64);
  bytes.set(CRYPTO.ed25519Sign(ALICE.privateSeed, body), body.length);
  expect(isSigned(bytes, ALICE.publicKey, CRYPTO)).toBe(false);
});

it('a prefix is never a datagram', () => {
  const bytes = saidBy(ALICE, { kind: 'probe' });
  for (let length = 0; length < bytes.length; length++) {
    expect(DROP_REASONS).toContain(reasonOf(bytes.slice(0, length)));
  }
  expect(reasonOf(bytes)).toBeUndefined();
});

it('any bytes are a value that is written back the same, or a reason', () => {
  const good = saidBy(ALICE, { kind: 'probe' });
  const mutated = fc
    .array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 })
    .map((changes) => {
      const bytes = good.slice();
      for (const [at, byte] of changes) bytes[at] = byte;
      return bytes;
    });
  const framed = fc
    .uint8Array({ maxLength: 400 })
    .map((tail) => new Uint8Array([...good.subarray(0, 5), ...tail]));
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 2_000 }), mutated, framed), (bytes) => {
      const decoded = decodeDatagram(bytes);
      if (!decoded.ok) {
        expect(DROP_REASONS).toContain(decoded.error);
        return;
      }
      const again = encodeDatagram(decoded.value, CRYPTO, ALICE.privateSeed);
      expect(hexOf(bytes.subarray(0, -64))).toBe(hexOf(again.subarray(0, -64)));
    }),
    { numRuns: figure({ short: 3_000, long: 100_000 }) },
  );
});

it('says why', () => {
  const good = saidBy(ALICE);
  const withByte = (at: number, byte: number): Uint8Array => good.with(at, byte);
  expect(reasonOf(new Uint8Array(DATAGRAM_BYTES_MAX + 1))).toBe('too_large');
  expect(reasonOf(withByte(0, 0))).toBe('bad_magic');
  expect(reasonOf(withByte(4, 2))).toBe('unsupported_version');
  expect(reasonOf(withByte(5, 0))).toBe('malformed');
  expect(reasonOf(withByte(5, 5))).toBe('malformed');
  expect(reasonOf(saidBy(ALICE, { counter: 0 }))).toBe('malformed');
  expect(reasonOf(saidBy(ALICE, { nodeId: 'a\u001b[2J' }))).toBe('malformed');
  expect(reasonOf(saidBy(ALICE, { nodeId: 'x'.repeat(65) }))).toBe('malformed');
  expect(reasonOf(saidBy(ALICE, { nonce: new Uint8Array(16).fill(1) }))).toBe('malformed');
  expect(reasonOf(saidBy(ALICE, { kind: 'reply', nonce: new Uint8Array(16) }))).toBe('malformed');
  for (const bytes of [
    [224, 0, 0, 1],
    [0, 0, 0, 0],
    [255, 255, 255, 255],
    [1, 2, 3],
  ]) {
    expect(reasonOf(saidBy(ALICE, { addresses: [new Uint8Array(bytes)] }))).toBe('malformed');
  }
  const five = Array.from({ length: 5 }, () => new Uint8Array([10, 0, 0, 1]));
  expect(reasonOf(saidBy(ALICE, { addresses: five }))).toBe('malformed');
  // Only a probe is padded: else there were many forms of one announcement.
  const padded = saidBy(ALICE, { kind: 'probe' }).with(5, 1);
  padded.fill(0, 72, 88);
  expect(reasonOf(padded)).toBe('malformed');
  // A probe whose padding was left out asks for more than it costs.
  const short = saidBy(ALICE).with(5, 2);
  short[72] = 1;
  expect(reasonOf(short)).toBe('short_probe');
});

it('tells worlds apart and gives none away', () => {
  const hint = worldHintOf(CRYPTO, WORLD_ID);
  expect(hint.length).toBe(8);
  expect(hexOf(worldHintOf(CRYPTO, new Uint8Array(16)))).not.toBe(hexOf(hint));
  expect(hexOf(saidBy(ALICE))).not.toContain(hexOf(WORLD_ID));
});

it('orders sessions by term, then time, then id', () => {
  const session = datagramOf(ALICE).session;
  const { term, startedMs } = session;
  const sorted = [
    { ...session, term: term - 1, startedMs: startedMs + 9 },
    { ...session, startedMs: startedMs - 1, id: 'ff'.repeat(8) },
    session,
    { ...session, id: 'ff'.repeat(8) },
    { ...session, startedMs: startedMs + 1 },
    { ...session, term: term + 1, startedMs: 0 },
  ];
  for (const [left, one] of sorted.entries()) {
    for (const [right, other] of sorted.entries()) {
      expect(Math.sign(compareSessions(one, other))).toBe(Math.sign(left - right));
    }
  }
});
