import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { crc32, MalformedBytes } from '../core/index.ts';
import { bundlesOf, patternBytes } from '../testing/peer-messages.ts';
import { figure } from '../../test/support/long.ts';
import { craftedFrame, WIRE_SAMPLES } from '../../test/support/wire-samples.ts';
import { decodeFrame } from './frame.ts';
import { FrameAssembler } from './frame-assembler.ts';
import { FrameQueue, wholeFrame } from './frame-queue.ts';
import { DEFAULT_TRANSPORT_LIMITS, validateTransportLimits } from './limits.ts';
import type { WireMessage } from './messages/message-table.ts';
import { WireFault } from './wire-fault.ts';

const LIMITS = DEFAULT_TRANSPORT_LIMITS;
let skipped: number[];
let assembler: FrameAssembler;

beforeEach(() => {
  skipped = [];
  const onUnknown = (type: number): unknown => skipped.push(type);
  assembler = new FrameAssembler({ limits: LIMITS, crc32, admit: () => {}, onUnknown });
});

function framesOf(message: WireMessage, limits = LIMITS): Uint8Array[] {
  const queue = new FrameQueue(limits, crc32);
  queue.push(message);
  const frames: Uint8Array[] = [];
  for (let frame = queue.next(); frame !== undefined; frame = queue.next()) frames.push(frame);
  expect(queue.bytes).toBe(0);
  return frames;
}

/** The pieces of a message of `totalBytes`, first and not last. */
function first(totalBytes: number, pieceBytes: number, type = 17): Uint8Array {
  return craftedFrame({ type, channel: 1, isLast: false, totalBytes }, patternBytes(pieceBytes));
}

function next(pieceBytes: number, isLast: boolean, type = 17): Uint8Array {
  return craftedFrame({ type, channel: 1, isFirst: false, isLast }, patternBytes(pieceBytes));
}

describe('frames', () => {
  test('every sample survives a frame; a message that fits has one', () => {
    for (const message of WIRE_SAMPLES) {
      const frames = framesOf(message);
      expect(frames).toHaveLength(1);
      const read = assembler.take(frames[0] as Uint8Array) as WireMessage;
      expect(framesOf(read)).toEqual(frames);
    }
  });

  test('no frame is longer than allowed, and sizes around the edge arrive', () => {
    const limits = validateTransportLimits({ frameBytesMax: 4096, controlBytesMax: 2048 });
    for (let bundleBytes = 4000; bundleBytes < 4100; bundleBytes++) {
      for (const frame of framesOf(bundlesOf(bundleBytes), limits)) {
        expect(frame.length).toBeLessThanOrEqual(4096);
        assembler.take(frame);
      }
      expect(assembler.heldBytes).toBe(0);
    }
  });

  test('every truncation and every flipped bit of a frame is malformed', () => {
    const frame = wholeFrame({ kind: 'ping', id: 9, wallMs: 1 }, LIMITS, crc32);
    for (let end = 0; end < frame.length; end++) {
      expect(() => decodeFrame(frame.subarray(0, end), crc32)).toThrow(MalformedBytes);
    }
    for (let bit = 0; bit < frame.length * 8; bit++) {
      const changed = frame.slice();
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(() => decodeFrame(changed, crc32)).toThrow(MalformedBytes);
    }
  });

  test('random frames with a good checksum: a message, a skip, or a typed refusal', () => {
    const head = fc.record({
      type: fc.integer({ min: 1, max: 127 }),
      isCritical: fc.boolean(),
      channel: fc.integer({ min: 0, max: 2 }),
      isFirst: fc.boolean(),
      isLast: fc.boolean(),
      totalBytes: fc.oneof(fc.nat(3000), fc.nat(2 ** 31 - 1)),
    });
    const frame = fc.tuple(head, fc.uint8Array({ maxLength: 2000 }));
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 6 }), (frames) => {
        for (const [fields, piece] of frames) {
          try {
            assembler.take(craftedFrame(fields, piece));
          } catch (error) {
            if (!(error instanceof MalformedBytes || error instanceof WireFault)) throw error;
          }
          expect(assembler.heldBytes).toBeLessThanOrEqual(6 * 2000);
        }
        assembler = new FrameAssembler({
          limits: LIMITS,
          crc32,
          admit: () => {},
          onUnknown: () => {},
        });
      }),
      { numRuns: figure({ short: 500, long: 50_000 }) },
    );
  });

  test('reserved flags, type 0 and compression', () => {
    const withFlags = (flags: number): Uint8Array => {
      const frame = craftedFrame({ type: 3 }, patternBytes(2));
      frame[2] = flags;
      const sum = crc32(frame.subarray(0, frame.length - 4));
      new DataView(frame.buffer, frame.byteOffset).setUint32(frame.length - 4, sum, true);
      return frame;
    };
    expect(() => decodeFrame(withFlags(0x07), crc32)).toThrow(MalformedBytes);
    expect(() => decodeFrame(withFlags(0x13), crc32)).toThrow(WireFault);
    expect(decodeFrame(withFlags(0x03), crc32)).toMatchObject({ type: 3, isFirst: true });
  });
});

describe('pieces', () => {
  test('memory follows what has arrived, never what was announced', () => {
    const total = 16 * 1024 * 1024;
    expect(assembler.take(first(total, 1024))).toBe(undefined);
    expect(assembler.heldBytes).toBe(1024);
    expect(assembler.take(next(2048, false))).toBe(undefined);
    expect(assembler.heldBytes).toBe(3072);
  });

  test('one above the limit of its kind is refused at its first piece', () => {
    const { bundlesBytesMax } = LIMITS;
    expect(assembler.take(first(bundlesBytesMax, 1024))).toBe(undefined);
    const other = new FrameAssembler({
      limits: LIMITS,
      crc32,
      admit: () => {},
      onUnknown: () => {},
    });
    expect(() => other.take(first(bundlesBytesMax + 1, 1024))).toThrow(WireFault);
    expect(other.heldBytes).toBe(0);
  });

  test('more or fewer bytes than announced are malformed', () => {
    assembler.take(first(3000, 2000));
    expect(() => assembler.take(next(1001, true))).toThrow('of 3000 bytes has 3001');
    expect(() => assembler.take(first(500, 1024))).toThrow(MalformedBytes);
  });

  test('fewer', () => {
    assembler.take(first(3000, 2000));
    expect(() => assembler.take(next(999, true))).toThrow('of 3000 bytes has 2999');
  });

  test('a piece of 1024 bytes may be followed, one of 1023 must be the last', () => {
    assembler.take(first(9000, 1024));
    expect(() => assembler.take(next(1023, false))).toThrow('a piece of 1023');
    expect(() => assembler.take(first(9000, 0))).toThrow(MalformedBytes);
  });

  test('a second large message inside the first, a piece of another kind, one without a beginning', () => {
    expect(() => assembler.take(next(2000, false))).toThrow('without its beginning');
    assembler.take(first(9000, 2000));
    expect(() => assembler.take(first(9000, 2000))).toThrow('inside');
    expect(() => assembler.take(next(2000, false, 18))).toThrow('without its beginning');
    const whole = wholeFrame(bundlesOf(10), LIMITS, crc32);
    expect(() => assembler.take(whole)).toThrow('inside');
  });

  test('messages about the link go between, whole ones only', () => {
    assembler.take(first(9000, 2000));
    const ping = wholeFrame({ kind: 'ping', id: 1, wallMs: 2 }, LIMITS, crc32);
    expect(assembler.take(ping)).toEqual({ kind: 'ping', id: 1, wallMs: 2 });
    expect(assembler.take(craftedFrame({ type: 99, isCritical: false }, patternBytes(5)))).toBe(
      undefined,
    );
    expect(skipped).toEqual([99]);
    const half = craftedFrame({ type: 1, isLast: false, totalBytes: 4000 }, patternBytes(2000));
    expect(() => assembler.take(half)).toThrow('hello in pieces');
  });

  test('channel and critical bit belong to the kind', () => {
    expect(() => assembler.take(craftedFrame({ type: 3, channel: 1 }, patternBytes(2)))).toThrow(
      'channel 1',
    );
    expect(() =>
      assembler.take(craftedFrame({ type: 3, isCritical: false }, patternBytes(2))),
    ).toThrow('critical bit');
    expect(() => assembler.take(craftedFrame({ type: 99 }, patternBytes(2)))).toThrow('type 99');
  });

  test('a frame longer than allowed is refused unread', () => {
    expect(() => assembler.take(new Uint8Array(LIMITS.frameBytesMax + 1))).toThrow('a frame of');
    expect(() => assembler.take(new Uint8Array(LIMITS.frameBytesMax))).toThrow('checksum');
  });
});

test('what waits in a queue is counted, its parts are not copied, clearing empties it', () => {
  const queue = new FrameQueue(LIMITS, crc32);
  for (let count = 0; count < 1000; count++) queue.push(bundlesOf(100, count));
  expect(queue.bytes).toBeGreaterThan(1000 * 164);
  for (let frame = 0; frame < 1000; frame++) {
    const message = assembler.take(queue.next() as Uint8Array);
    expect(message?.kind === 'bundles' && message.frame).toBe(frame);
  }
  expect(queue.bytes).toBe(0);
  queue.push(bundlesOf(100));
  queue.clear();
  expect(queue.next()).toBe(undefined);
  expect(queue.bytes).toBe(0);
});

test('a message of ours over its limit is a fault of ours', () => {
  const queue = new FrameQueue(LIMITS, crc32);
  expect(() => queue.push(bundlesOf(LIMITS.bundlesBytesMax))).toThrow('bytes');
});
