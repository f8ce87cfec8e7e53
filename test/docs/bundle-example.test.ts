/** The worked example of docs/formats/bundle.md, written anew by the code and compared. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  BundleReader,
  BundleWriter,
  ByteWriter,
  CODEC_BYTES,
  CODEC_JSON,
  hexOf,
  originBytes,
  type PutValue,
} from '../../src/core/index.ts';
import {
  LOCAL_HAS_REQUEST_HASH,
  LocalPartReader,
} from '../../src/store/transactions/local-part.ts';

const DOCUMENT = new URL('../../docs/formats/bundle.md', import.meta.url);
const AUTHOR = `${'11'.repeat(16)}.${'22'.repeat(16)}`;
const OTHER = `${'33'.repeat(16)}.${'44'.repeat(16)}`;
const BASE_MS = 1_700_000_000_000;

function valueOf(codec: number, bytes: Uint8Array): PutValue {
  return { valueHead: codec, source: bytes, start: 0, end: bytes.length };
}

function exampleBundle(): Uint8Array {
  const writer = new ByteWriter();
  const bundle = new BundleWriter(writer);
  bundle.open(writer, {
    origin: originBytes(AUTHOR) as Uint8Array,
    term: 3,
    firstOriginSeq: 1,
    baseMs: BASE_MS,
    predecessor: null,
    seen: [{ origin: OTHER, originSeq: 300, digestHead: new Uint8Array(8).fill(0x55) }],
  });
  bundle.commit(BASE_MS, 0, 1);
  bundle.put('a', valueOf(CODEC_JSON, new TextEncoder().encode('"hi"')));
  bundle.commit(BASE_MS + 5, 1, 2, {
    actor: 'ann',
    operations: [{ name: 'move', version: 1 }],
    commandId: 'c1',
  });
  bundle.put('b', valueOf(CODEC_BYTES, new Uint8Array([1, 2])));
  bundle.remove('c');
  bundle.close();
  return writer.toBytes();
}

/**
 * What this node adds: no key of the first commit was there before; `b` was, at seq 7; `c` at 2.
 */
function exampleLocalPart(): Uint8Array {
  const local = new ByteWriter();
  local.u8(0);
  local.varint(0);
  local.u8(LOCAL_HAS_REQUEST_HASH);
  local.bytes(new Uint8Array(16).fill(0x66));
  local.varint(7);
  local.varint(2);
  return local.toBytes();
}

/** The bytes of a dump: lines of a four-digit offset, bytes in hex, and words. */
function bytesOfDump(dump: string): string {
  let hex = '';
  for (const line of dump.split('\n')) {
    const found = /^([0-9a-f]{4}) {2}((?:[0-9a-f]{2} )*[0-9a-f]{2})(?: {2,}\S|$)/.exec(line);
    if (found === null) throw new Error(`not a line of a dump: ${line}`);
    expect(Number.parseInt(found[1] as string, 16), line).toBe(hex.length / 2);
    hex += (found[2] as string).replaceAll(' ', '');
  }
  return hex;
}

function blocks(): readonly string[] {
  const text = readFileSync(DOCUMENT, 'utf8');
  return [...text.matchAll(/```hex\n([\s\S]*?)\n```/g)].map((match) => match[1] as string);
}

test('the document shows the bundle that the code writes', () => {
  expect(bytesOfDump(blocks()[0] as string)).toBe(hexOf(exampleBundle()));
});

test('and the chain digest behind it', () => {
  const bundle = exampleBundle();
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, bundle.length, true);
  const digest = createHash('sha256').update(new Uint8Array(32)).update(length).update(bundle);
  const text = readFileSync(DOCUMENT, 'utf8');
  expect(text).toContain(`\`${digest.digest('hex')}\``);
  expect(text).toContain(`${bundle.length} bytes`);
});

test('and the local part', () => {
  expect(bytesOfDump(blocks()[1] as string)).toBe(hexOf(exampleLocalPart()));
});

test('a reader finds in both what the document says', () => {
  const bytes = exampleBundle();
  const reader = new BundleReader();
  reader.open(bytes, 0, bytes.length);
  expect(reader).toMatchObject({ origin: AUTHOR, term: 3, commitCount: 2, predecessor: null });
  const localBytes = exampleLocalPart();
  const local = new LocalPartReader();
  local.open(localBytes, 0, localBytes.length);
  const found: unknown[] = [];
  while (reader.nextCommit()) {
    local.nextCommit();
    while (reader.nextEvent()) {
      found.push([reader.originSeq, reader.ms, reader.key(), reader.eventKind, local.nextLink()]);
    }
  }
  local.finish();
  expect(found).toEqual([
    [1, BASE_MS, 'a', 0, 0],
    [2, BASE_MS + 5, 'b', 0, 7],
    [2, BASE_MS + 5, 'c', 1, 2],
  ]);
});
