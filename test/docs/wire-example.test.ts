/** The worked examples of docs/formats/wire.md, written anew by the code and compared. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { crc32, hexOf } from '../../src/core/index.ts';
import { FrameAssembler } from '../../src/transport/frame-assembler.ts';
import { wholeFrame } from '../../src/transport/frame-queue.ts';
import { DEFAULT_TRANSPORT_LIMITS } from '../../src/transport/limits.ts';
import { MESSAGE_FORMATS, type WireMessage } from '../../src/transport/messages/message-table.ts';
import { PROTOCOL_VERSIONS } from '../../src/transport/protocol.ts';

const TEXT = readFileSync(new URL('../../docs/formats/wire.md', import.meta.url), 'utf8');

const HELLO: WireMessage = {
  kind: 'hello',
  versions: { min: 1, max: 1 },
  worldId: '11'.repeat(16),
  fingerprint: '22'.repeat(16),
  sessionId: '33'.repeat(16),
  wallMs: 1_700_000_000_000,
  listening: { host: '10.0.0.7', port: 4747 },
  metadata: {
    nodeId: 'ann-2222',
    displayName: 'Ann',
    hostname: 'ann',
    platform: 'linux',
    version: '1.0.0',
    capabilities: ['sync'],
    startedAtMs: 1_699_999_999_000,
    uptimeMs: 1000,
  },
  extension: new Uint8Array(0),
};

const BUNDLES: WireMessage = {
  kind: 'bundles',
  frame: 1,
  heads: [
    {
      origin: `${'44'.repeat(16)}.${'55'.repeat(16)}`,
      originSeq: 300,
      digest: new Uint8Array(32).fill(0x66),
      publicKey: new Uint8Array(32).fill(0x77),
      signature: new Uint8Array(64).fill(0x88),
    },
  ],
  bundles: [new Uint8Array([0xb1, 0xb2, 0xb3])],
};

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
  return [...TEXT.matchAll(/```hex\n([\s\S]*?)\n```/g)].map((match) => match[1] as string);
}

describe.each([
  ['hello', HELLO, 0],
  ['bundles', BUNDLES, 1],
] as const)('the example of %s', (_kind, message, index) => {
  test('is the frame that the code writes', () => {
    const frame = wholeFrame(message, DEFAULT_TRANSPORT_LIMITS, crc32);
    expect(bytesOfDump(blocks()[index] as string)).toBe(hexOf(frame));
    expect(TEXT).toContain(`${frame.length} bytes`);
  });

  test('is read as what the document says', () => {
    const parts = { limits: DEFAULT_TRANSPORT_LIMITS, crc32, admit: () => {}, onUnknown: () => {} };
    const bytes = Buffer.from(bytesOfDump(blocks()[index] as string), 'hex');
    expect(new FrameAssembler(parts).take(new Uint8Array(bytes))).toEqual(message);
  });
});

test('the table of messages has every type with its number, critical bit, channel and limit', () => {
  const rows = [...TEXT.matchAll(/^\| (\d+) \| `(\w+)` \| (yes|no) \| ([01]) \| ([\d,]+) \|/gm)];
  expect(rows.map((row) => row.slice(1, 6))).toEqual(
    MESSAGE_FORMATS.map(({ type, kind, isCritical, scope, limit }) => [
      String(type),
      kind,
      isCritical ? 'yes' : 'no',
      scope === 'link' ? '0' : '1',
      DEFAULT_TRANSPORT_LIMITS[limit].toLocaleString('en-US'),
    ]),
  );
});

test('the table of limits has every limit with its default', () => {
  const rows = [...TEXT.matchAll(/^\| `(\w+)` \| ([\d,]+) \|/gm)];
  const limits = rows.map(([, name, value]) => [name, Number(value?.replaceAll(',', ''))]);
  expect(Object.fromEntries(limits)).toEqual(DEFAULT_TRANSPORT_LIMITS);
});

test('the version is named', () => {
  expect(TEXT).toContain(`# Wire protocol, version ${PROTOCOL_VERSIONS.max}\n`);
});
