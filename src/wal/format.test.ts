import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { batchOf, contentOf, LOG_ID, logEnv, WORLD } from '../../test/support/log-fixture.ts';
import { NodeCrypto } from '../env/node/index.ts';
import type { File } from '../env/index.ts';
import { BatchBuilder } from './batch-builder.ts';
import { crc32Range, crc32Short, placeSeed, segmentSeed } from './checksum.ts';
import { FRAME_HEADER_BYTES, RECORD_KIND, segmentName, segmentNumber } from './format.ts';
import { FrameSealer } from './frame.ts';
import { RecordTable } from './records.ts';
import { decodeSegmentHeader, encodeSegmentHeader, type SegmentHeader } from './segment-header.ts';
import { type ScanStep, SegmentScanner } from './segment-scanner.ts';

const crypto = new NodeCrypto();

function sealed(batch: BatchBuilder, offset = 128, firstSeq = 5): Uint8Array {
  const sealer = new FrameSealer(crypto, WORLD);
  const seed = placeSeed(segmentSeed(WORLD, LOG_ID, 3), offset);
  const previousDigest = crypto.sha256(new Uint8Array([1]));
  sealer.seal(batch, { seed, term: 2, firstSeq, syncedThrough: 4, previousDigest });
  return batch.frame.toBytes();
}

function fileOf(bytes: Uint8Array): File {
  const env = logEnv();
  const file = env.fs.open('/data/x', 'create');
  if (bytes.length > 0) file.write(bytes, 0, bytes.length, 0);
  return file;
}

/** What a scanner makes of a frame that stands at offset 128 of segment 3. */
function scan(frame: Uint8Array, offset = 128): { step: ScanStep; scanner: SegmentScanner } {
  const bytes = new Uint8Array(offset + frame.length);
  bytes.set(frame, offset);
  const seed = segmentSeed(WORLD, LOG_ID, 3);
  const scanner = new SegmentScanner(crypto, fileOf(bytes), seed, {
    start: offset,
    readBytes: 4096,
  });
  return { step: scanner.next(), scanner };
}

describe('checksums', () => {
  test('the table and the port give the same number, whole or in parts', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), fc.nat(600), fc.nat(), (bytes, cut, seed) => {
        const at = Math.min(cut, bytes.length);
        const whole = crypto.crc32(bytes, seed);
        expect(crc32Short(bytes, 0, bytes.length, seed)).toBe(whole);
        const first = crc32Range(crypto, bytes, 0, at, seed);
        expect(crc32Range(crypto, bytes, at, bytes.length, first)).toBe(whole);
      }),
    );
  });

  test('the place seed is the checksum of ids, segment and 64-bit offset', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(2 ** 40), (segment, offset) => {
        const place = new Uint8Array(44);
        const view = new DataView(place.buffer);
        place.set(WORLD, 0);
        place.set(LOG_ID, 16);
        view.setUint32(32, segment, true);
        view.setBigUint64(36, BigInt(offset), true);
        expect(placeSeed(segmentSeed(WORLD, LOG_ID, segment), offset)).toBe(crypto.crc32(place));
      }),
    );
  });
});

describe('segment header', () => {
  const header: SegmentHeader = {
    worldId: WORLD,
    logId: LOG_ID,
    segment: 12,
    term: 3,
    firstSeq: 2 ** 40,
    syncedThrough: 2 ** 40 - 1,
    previousDigest: crypto.sha256(new Uint8Array(3)),
    vector: new Uint8Array([1, 2, 3]),
  };

  test('round trip', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(), (vector, segment) => {
        const written = encodeSegmentHeader(crypto, { ...header, vector, segment });
        expect(written.length % 8).toBe(0);
        const reading = decodeSegmentHeader(crypto, written);
        expect(reading).toEqual({
          kind: 'header',
          header: { ...header, vector, segment },
          bytes: written.length,
        });
      }),
    );
  });

  test('every flipped bit is noticed', () => {
    const written = encodeSegmentHeader(crypto, header);
    for (let bit = 0; bit < written.length * 8; bit++) {
      const flipped = written.slice();
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(decodeSegmentHeader(crypto, flipped).kind, `bit ${bit}`).not.toBe('header');
    }
  });

  test('a later format is told from damage, and a short one asks for more', () => {
    const written = encodeSegmentHeader(crypto, header);
    expect(decodeSegmentHeader(crypto, written.subarray(0, 60)).kind).toBe('more');
    written[8] = 2;
    expect(decodeSegmentHeader(crypto, written)).toEqual({ kind: 'unsupported', format: 2 });
    written[0] = 0;
    expect(decodeSegmentHeader(crypto, written)).toEqual({
      kind: 'bad',
      reason: 'not a commit log',
    });
  });
});

describe('frame', () => {
  test('round trip', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 2 ** 20 }), (content, count) => {
        const { step, scanner } = scan(sealed(batchOf(content, count)));
        expect(step).toBe('frame');
        expect(scanner.header).toMatchObject({ term: 2, count, firstSeq: 5, syncedThrough: 4 });
        expect(scanner.header.lastSeq).toBe(4 + count);
        expect(contentOf(scanner)).toBe(content);
        expect(scanner.next()).toBe('end');
      }),
    );
  });

  test('every flipped bit is noticed', () => {
    const frame = sealed(batchOf('some content that is long enough to matter'));
    for (let bit = 0; bit < frame.length * 8; bit++) {
      const flipped = frame.slice();
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(scan(flipped).step, `bit ${bit}`).toBe('bad');
    }
  });

  test('a frame that was moved is none', () => {
    expect(scan(sealed(batchOf('here'), 128), 136).step).toBe('bad');
    expect(scan(sealed(batchOf('here'), 136), 136).step).toBe('frame');
  });

  test('every shorter piece is bad, nothing is the end, zeros are the end', () => {
    const frame = sealed(batchOf('x'));
    for (let length = 1; length < frame.length; length++) {
      expect(scan(frame.subarray(0, length)).step, `${length} bytes`).toBe('bad');
    }
    expect(scan(new Uint8Array(0)).step).toBe('end');
    const zeros = scan(new Uint8Array(300_000));
    expect([zeros.step, zeros.scanner.zeroBytes]).toEqual(['end', 300_000]);
    const late = new Uint8Array(300_000);
    late[299_999] = 1;
    expect(scan(late).step).toBe('bad');
  });

  test('the digest leaves authored bytes out and covers all else', () => {
    const digestOf = (batch: BatchBuilder): Uint8Array => sealed(batch).slice(32, 64);
    const build = (chain: number, authored: number, local: number): BatchBuilder => {
      const batch = new BatchBuilder();
      batch.beginRecord(RECORD_KIND.receivedBundle);
      batch.frame.bytes(new Uint8Array(32).fill(chain));
      batch.frame.u32(4);
      const start = batch.frame.length;
      batch.frame.u32(authored);
      batch.frame.u8(local);
      batch.endBundleRecord(start, start + 4);
      batch.count = 1;
      return batch;
    };
    const digest = digestOf(build(1, 2, 3));
    expect(digestOf(build(1, 9, 3))).toEqual(digest);
    expect(digestOf(build(9, 2, 3))).not.toEqual(digest);
    expect(digestOf(build(1, 2, 9))).not.toEqual(digest);
  });

  test('the digest is the same at any place', () => {
    const first = sealed(batchOf('same'), 128);
    const second = sealed(batchOf('same'), 4096);
    expect(second.slice(32, 64)).toEqual(first.slice(32, 64));
    expect(second.slice(72, 80)).not.toEqual(first.slice(72, 80));
  });

  test('frames larger than a read piece', () => {
    const content = 'ab'.repeat(200_000);
    const { step, scanner } = scan(sealed(batchOf(content)));
    expect(step).toBe('frame');
    expect(contentOf(scanner)).toBe(content);
  });
});

describe('records', () => {
  function withRecord(kind: number, body: number[]): BatchBuilder {
    const batch = new BatchBuilder();
    batch.beginRecord(kind);
    batch.frame.bytes(Uint8Array.from(body));
    batch.endRecord();
    return batch;
  }

  test('an unknown critical kind is unsupported, an unknown other one is kept', () => {
    expect(scan(sealed(withRecord(0x99, [1]))).step).toBe('unsupported');
    const { step, scanner } = scan(sealed(withRecord(0x19, [1, 2])));
    expect(step).toBe('frame');
    expect(scanner.records).toMatchObject([{ kind: 0x19, critical: false }]);
  });

  test('records that do not fill their payload are malformed', () => {
    const table = new RecordTable();
    expect(table.split(Uint8Array.from([7, 1, 0, 0, 0]), 0, 5)).toBe('malformed');
    expect(table.split(Uint8Array.from([7, 0, 0, 0]), 0, 4)).toBe('malformed');
    expect(table.split(Uint8Array.from([0x81, 0, 0, 0, 0]), 0, 5)).toBe('malformed');
    expect(table.split(Uint8Array.from([7, 0, 0, 0, 0]), 0, 5)).toBe('ok');
  });

  test('the table holds only the records of the last payload', () => {
    const table = new RecordTable();
    table.split(Uint8Array.from([7, 0, 0, 0, 0, 8, 0, 0, 0, 0]), 0, 10);
    expect(table.records.map((record) => record.kind)).toEqual([7, 8]);
    table.split(Uint8Array.from([8, 0, 0, 0, 0]), 0, 5);
    expect(table.records.map((record) => record.kind)).toEqual([8]);
  });

  test('a builder refuses what would not be read back', () => {
    const batch = new BatchBuilder();
    expect(() => batch.endRecord()).toThrow('a record is open');
    batch.beginRecord(RECORD_KIND.ownBundle);
    expect(() => batch.beginRecord(RECORD_KIND.seal)).toThrow('one record is open');
    expect(() => batch.endRecord()).toThrow('not a bundle');
    batch.frame.bytes(new Uint8Array(40));
    expect(() => batch.endBundleRecord(FRAME_HEADER_BYTES, FRAME_HEADER_BYTES)).toThrow(
      'is: chain',
    );
    batch.reset();
    expect(batch.isEmpty).toBe(true);
  });
});

test('segment names', () => {
  expect(segmentName(1)).toBe('00000001.log');
  expect(segmentNumber('00000012.log')).toBe(12);
  for (const name of ['00000000.log', '1.log', '00000001.log.new', 'x']) {
    expect(segmentNumber(name)).toBeUndefined();
  }
});
