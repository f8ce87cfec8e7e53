import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hexOf, MalformedBytes, Vector } from '../../core/index.ts';
import { patternBytes, sampleVector } from '../../testing/peer-messages.ts';
import { figure } from '../../../test/support/long.ts';
import { SAMPLE_HELLO, WIRE_SAMPLES } from '../../../test/support/wire-samples.ts';
import {
  type AnyFormat,
  decodeBody,
  encodeBody,
  formatOfKind,
  MESSAGE_FORMATS,
  type WireMessage,
} from './message-table.ts';

function bytesOf(message: WireMessage): Uint8Array {
  const { parts, byteLength } = encodeBody(message);
  const bytes = Buffer.concat(parts);
  expect(bytes.length).toBe(byteLength);
  return new Uint8Array(bytes);
}

/** A value or `MalformedBytes`, and what is a value is written as it was read. */
function decodesOrRefuses(format: AnyFormat, bytes: Uint8Array): 'value' | 'malformed' {
  let message: WireMessage;
  try {
    message = decodeBody(format, bytes);
  } catch (error) {
    if (error instanceof MalformedBytes) return 'malformed';
    throw error;
  }
  expect(hexOf(bytesOf(message))).toBe(hexOf(bytes));
  return 'value';
}

test('there is a sample of every kind', () => {
  expect(WIRE_SAMPLES.map(({ kind }) => kind).toSorted()).toEqual(
    MESSAGE_FORMATS.map(({ kind }) => kind).toSorted(),
  );
});

describe.each(WIRE_SAMPLES.map((message) => [message.kind, message] as const))(
  '%s',
  (kind, message) => {
    const format = formatOfKind(kind);
    const bytes = bytesOf(message);

    test('what is written is read', () => {
      const read = decodeBody(format, bytes);
      // Vectors and views compare by their bytes.
      expect(hexOf(bytesOf(read))).toBe(hexOf(bytes));
      expect({
        ...read,
        vector: undefined,
        received: undefined,
        durable: undefined,
        statements: undefined,
      }).toEqual({
        ...message,
        vector: undefined,
        received: undefined,
        durable: undefined,
        statements: undefined,
      });
    });

    test('every truncation and every added byte is malformed', () => {
      for (let end = 0; end < bytes.length; end++) {
        expect(decodesOrRefuses(format, bytes.subarray(0, end)), `${end} bytes`).toBe('malformed');
      }
      expect(decodesOrRefuses(format, new Uint8Array([...bytes, 0]))).toBe('malformed');
    });

    test('every byte changed to any of a few others: a value or malformed', () => {
      const seen = new Set<string>();
      for (let at = 0; at < Math.min(bytes.length, 1500); at++) {
        for (const flip of [0x01, 0x80, 0xff, 0x7f]) {
          const changed = bytes.slice();
          changed[at] = (changed[at] as number) ^ flip;
          seen.add(decodesOrRefuses(format, changed));
        }
      }
      expect(seen.size).toBeGreaterThan(0);
    });

    test('random bytes, and random bytes in the middle: a value or malformed', () => {
      const numRuns = figure({ short: 300, long: 20_000 });
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 400 }), (random) => {
          decodesOrRefuses(format, random);
        }),
        { numRuns },
      );
      fc.assert(
        fc.property(fc.nat(bytes.length - 1), fc.uint8Array({ maxLength: 12 }), (at, random) => {
          const changed = bytes.slice();
          changed.set(random.subarray(0, changed.length - at), at);
          decodesOrRefuses(format, changed);
        }),
        { numRuns },
      );
    });
  },
);

describe('what is announced is checked before it is believed', () => {
  const HUGE = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f];
  const cases: readonly (readonly [string, WireMessage['kind'], readonly number[]])[] = [
    ['heads', 'bundles', [1, ...HUGE]],
    ['bundles', 'bundles', [1, 0, ...HUGE]],
    ['bundle length', 'bundles', [1, 0, 1, ...HUGE]],
    ['origins', 'open', [1, 1, 0, 0, 0, ...HUGE]],
    ['statements', 'statements', HUGE],
    ['refusals', 'ack', [1, 0, 0, 0, 0, 0, ...HUGE]],
    ['chunk', 'snapshotChunk', [0, 0, ...HUGE]],
  ];
  test.each(cases)('%s of %s', (_what, kind, bytes) => {
    const started = performance.now();
    expect(decodesOrRefuses(formatOfKind(kind), new Uint8Array(bytes))).toBe('malformed');
    expect(performance.now() - started).toBeLessThan(100);
  });

  test('bundles without a byte would cost memory and are refused', () => {
    const bundles = formatOfKind('bundles');
    expect(decodesOrRefuses(bundles, new Uint8Array([1, 0, 3, 1, 1, 1, 9, 9, 9]))).toBe('value');
    expect(decodesOrRefuses(bundles, new Uint8Array([1, 0, 3, 0, 0, 3, 9, 9, 9]))).toBe(
      'malformed',
    );
  });
});

describe('vectors have one encoding', () => {
  const format = formatOfKind('buckets');
  const buckets = patternBytes(8192);
  const bytes = bytesOf({ kind: 'buckets', vector: sampleVector(2), buckets });
  const entry = (bytes.length - 8192 - 2) / 2;

  test('origins that do not ascend are malformed', () => {
    const [first, second] = [bytes.slice(1, 66), bytes.slice(66, 66 + 66)];
    const swapped = new Uint8Array([2, ...second, ...first, ...buckets]);
    expect(swapped.length).toBe(bytes.length);
    expect(() => decodeBody(format, swapped)).toThrow('ascend');
    const twice = new Uint8Array([2, ...first, ...first, ...buckets]);
    expect(() => decodeBody(format, twice)).toThrow('ascend');
    expect(entry).toBeGreaterThan(60);
  });

  test('an entry at 0 is malformed', () => {
    const zero = bytesOf({ kind: 'buckets', vector: sampleVector(1), buckets });
    zero[33] = 0;
    expect(() => decodeBody(format, zero)).toThrow('originSeq 0');
  });
});

describe('texts', () => {
  test('what is too long is cut at a character, in names and lists', () => {
    const metadata = {
      ...SAMPLE_HELLO.metadata,
      displayName: '😀'.repeat(100),
      hostname: 'x'.repeat(1000),
      capabilities: Array.from({ length: 100 }, (_, at) => `c${at}`),
    };
    const hello = decodeBody(formatOfKind('hello'), bytesOf({ ...SAMPLE_HELLO, metadata }));
    if (hello.kind !== 'hello') throw new Error('no hello');
    expect(hello.metadata.displayName).toBe('😀'.repeat(63));
    expect(hello.metadata.hostname).toBe('x'.repeat(255));
    expect(hello.metadata.capabilities).toHaveLength(64);
  });

  test('a text longer than its field is malformed', () => {
    const goodbye = formatOfKind('goodbye');
    const text = new Uint8Array(258).fill(0x61);
    text.set([0x80, 0x02]);
    expect(() => decodeBody(goodbye, text)).toThrow('text of 256');
    const fits = text.slice(0, 257);
    fits.set([0xff, 0x01]);
    expect(decodeBody(goodbye, fits)).toEqual({ kind: 'goodbye', reason: 'a'.repeat(255) });
  });

  test('a hello of a later version is read, its extension kept', () => {
    const extension = patternBytes(100);
    const hello = { ...SAMPLE_HELLO, versions: { min: 2, max: 9 }, extension };
    expect(decodeBody(formatOfKind('hello'), bytesOf(hello))).toEqual(hello);
  });
});

describe('no byte is copied that need not be', () => {
  test('bundles and chunks are written as they are and read as views', () => {
    const bundle = patternBytes(1000);
    const body = encodeBody({ kind: 'bundles', frame: 1, bundles: [bundle], heads: [] });
    expect(body.parts).toContain(bundle);
    const bytes = bytesOf({ kind: 'bundles', frame: 1, bundles: [bundle], heads: [] });
    const read = decodeBody(formatOfKind('bundles'), bytes);
    expect(read.kind === 'bundles' && read.bundles[0]?.buffer).toBe(bytes.buffer);
    const chunk = encodeBody({ kind: 'snapshotChunk', id: 'a', offset: 0, bytes: bundle });
    expect(chunk.parts).toContain(bundle);
  });

  test('vectors do not hold on to what was read', () => {
    const bytes = bytesOf({
      kind: 'buckets',
      vector: sampleVector(1),
      buckets: patternBytes(8192),
    });
    const read = decodeBody(formatOfKind('buckets'), bytes);
    if (read.kind !== 'buckets') throw new Error('no buckets');
    expect(read.vector).toBeInstanceOf(Vector);
    const before = hexOf(read.vector.encode());
    bytes.fill(0);
    expect(hexOf(read.vector.encode())).toBe(before);
  });
});

test('what cannot stand on the wire is a fault of ours', () => {
  expect(() => encodeBody({ kind: 'ping', id: -1, wallMs: 0 })).toThrow('no number');
  expect(() => encodeBody({ kind: 'ping', id: 1.5, wallMs: 0 })).toThrow('no number');
  const short = { kind: 'buckets', vector: new Vector(), buckets: patternBytes(3) } as const;
  expect(() => encodeBody(short)).toThrow('3 bytes');
  const id = 'x'.repeat(65);
  expect(() => encodeBody({ kind: 'snapshotRequest', id, offset: 0 })).toThrow('too long');
});
