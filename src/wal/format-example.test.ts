/** The worked example of docs/formats/commit-log.md, written anew by the code and compared. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { append, logEnv, newLog, openLog, segmentBytes } from '../../test/support/log-fixture.ts';

const DOCUMENT = new URL('../../docs/formats/commit-log.md', import.meta.url);

const HEADER: readonly (readonly [number, string])[] = [
  [8, 'magic'],
  [4, 'format 1, flags 0'],
  [4, 'header length 112'],
  [16, 'world id'],
  [16, 'log id'],
  [4, 'segment 1'],
  [4, 'term 1'],
  [8, 'first seq 1'],
  [8, 'synced through 0'],
  [32, 'digest of the batch before: none'],
  [4, 'vector length 0'],
  [4, 'header checksum'],
];

function frame(about: string): readonly (readonly [number, string])[] {
  return [
    [4, `marker of ${about}`],
    [4, 'payload length'],
    [4, 'term 2'],
    [4, 'count'],
    [6, 'first seq'],
    [2, 'digest kind 1, flags 0'],
    [6, 'synced through'],
    [2, '0'],
    [32, 'batch digest'],
    [8, 'of the digest before'],
    [4, 'frame checksum'],
    [4, 'header checksum'],
  ];
}

const BUNDLE: readonly (readonly [number, string])[] = [
  [1, 'own bundle'],
  [4, 'body length 43'],
  [32, 'chain digest (here SHA-256 of the authored bytes)'],
  [4, 'authored length 2'],
  [2, 'authored bytes "hi"'],
  [5, 'local part "local"'],
];

const SEAL: readonly (readonly [number, string])[] = [
  [1, 'seal'],
  [4, 'body length 0'],
];

function hexDump(bytes: Uint8Array): string {
  const fields = [...HEADER, ...frame('the commit'), ...BUNDLE, ...frame('the seal'), ...SEAL];
  const lines: string[] = [];
  let offset = 0;
  for (const [size, name] of fields) {
    for (let at = 0; at < size; at += 16) {
      const piece = bytes.subarray(offset + at, offset + Math.min(at + 16, size));
      const hex = Array.from(piece, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
      const place = (offset + at).toString(16).padStart(4, '0');
      lines.push(`${place}  ${hex.padEnd(47)}  ${at === 0 ? name : ''}`.trimEnd());
    }
    offset += size;
  }
  expect(offset).toBe(bytes.length);
  return lines.join('\n');
}

test('the document shows what the code writes', () => {
  const env = logEnv();
  newLog(env);
  const { log } = openLog(env);
  append(log, 'hi');
  log.close();
  const dump = hexDump(segmentBytes(env));
  const shown = /```hex\n([\s\S]*?)\n?```/.exec(readFileSync(DOCUMENT, 'utf8'))?.[1];
  expect(shown).toBe(dump);
});
