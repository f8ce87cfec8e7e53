import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteWriter, MalformedBytes, originText } from '../../core/index.ts';
import type { View } from '../storage/index.ts';
import { type Effect, EffectWriter } from './effect.ts';
import {
  LOCAL_EFFECTS,
  LOCAL_HAS_REQUEST_HASH,
  LOCAL_VOID,
  LocalPartReader,
} from './local-part.ts';

// Few origins: each is written in full once and by its number after that.
const origin = fc
  .integer({ min: 0, max: 4 })
  .map((byte) => originText(new Uint8Array(32).fill(byte)));

const view: fc.Arbitrary<View> = fc.oneof(
  fc.constantFrom<View>({ kind: 'greatest' }, { kind: 'undecided' }, { kind: 'absent' }),
  fc.nat({ max: 300 }).map((index): View => ({ kind: 'sibling', index })),
  fc.uint8Array({ maxLength: 20 }).map((bytes): View => ({ kind: 'value', valueHead: 2, bytes })),
);

const effect: fc.Arbitrary<Effect | undefined> = fc.option(
  fc.record({
    kept: fc.array(fc.record({ origin, originSeq: fc.integer({ min: 1, max: 2 ** 47 }) }), {
      minLength: 1,
      maxLength: 4,
    }),
    view,
  }),
  { nil: undefined },
);

/** One received commit with an event for each effect. */
function encode(effects: readonly (Effect | undefined)[]): Uint8Array {
  const writer = new ByteWriter(64);
  const effectWriter = new EffectWriter();
  writer.u8(LOCAL_EFFECTS);
  effects.forEach((one, index) => {
    writer.varint(index * 1000);
    effectWriter.write(writer, one);
  });
  return writer.toBytes();
}

function decode(bytes: Uint8Array, count: number): (Effect | undefined)[] {
  const reader = new LocalPartReader();
  reader.open(bytes, 0, bytes.length);
  reader.nextCommit();
  const effects = Array.from({ length: count }, (_, index) => {
    expect(reader.nextLink()).toBe(index * 1000);
    return reader.nextEffect();
  });
  reader.finish();
  return effects;
}

test('effects come back: the names of siblings beside the event, and the view', () => {
  fc.assert(
    fc.property(fc.array(effect, { minLength: 1, maxLength: 6 }), (effects) => {
      expect(decode(encode(effects), effects.length)).toEqual(effects);
    }),
  );
});

test('an origin is written in full once', () => {
  const name = { origin: originText(new Uint8Array(32).fill(7)), originSeq: 1 };
  const one: Effect = { kept: [name], view: { kind: 'greatest' } };
  const [alone, twice] = [encode([one]), encode([one, one])];
  expect(twice.length - alone.length).toBeLessThan(8);
});

test('truncated, unknown flags, unknown effects, an origin not named: malformed', () => {
  const name = { origin: originText(new Uint8Array(32).fill(7)), originSeq: 1 };
  const bytes = encode([{ kept: [name, name], view: { kind: 'greatest' } }]);
  for (let length = 0; length < bytes.length; length++) {
    expect(() => decode(bytes.subarray(0, length), 1)).toThrow(MalformedBytes);
  }
  expect(() => decode(new Uint8Array([8, ...bytes.subarray(1)]), 1)).toThrow(MalformedBytes);
  for (const [at, byte] of [
    [2, 9],
    [bytes.length - 2, 2],
  ] as const) {
    const changed = new Uint8Array(bytes);
    changed[at] = byte;
    expect(() => decode(changed, 1), `byte ${at}`).toThrow(MalformedBytes);
  }
});

test('a void commit has links and no effects, an own one a request hash', () => {
  const writer = new ByteWriter(64);
  writer.u8(LOCAL_VOID);
  writer.lengthAndText('too large');
  writer.varint(0);
  writer.u8(LOCAL_HAS_REQUEST_HASH);
  writer.bytes(new Uint8Array(16).fill(7));
  writer.varint(300);
  const bytes = writer.toBytes();
  const reader = new LocalPartReader();
  reader.open(bytes, 0, bytes.length);
  reader.nextCommit();
  expect([reader.voidReason, reader.nextLink()]).toEqual(['too large', 0]);
  expect(reader.nextEffect()).toBeUndefined();
  reader.nextCommit();
  expect([reader.voidReason, reader.nextLink()]).toEqual([undefined, 300]);
  expect(reader.requestHash).toEqual(new Uint8Array(16).fill(7));
  expect(reader.nextEffect()).toBeUndefined();
  reader.finish();
});
