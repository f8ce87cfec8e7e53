/** The worked example and the lists of docs/formats/discovery.md, held against the code. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { hexOf } from '../../src/core/index.ts';
import {
  type Datagram,
  decodeDatagram,
  encodeDatagram,
  isSigned,
  worldHintOf,
} from '../../src/discovery/datagram.ts';
import { DROP_REASONS } from '../../src/discovery/drop-reason.ts';
import { DEFAULT_DISCOVERY_LIMITS as LIMITS } from '../../src/discovery/limits.ts';
import { DISCOVERY_PORT, GROUP_IPV4, GROUP_IPV6 } from '../../src/discovery/plan.ts';
import { CRYPTO } from '../support/discovery-node.ts';

const DOCUMENT = readFileSync(new URL('../../docs/formats/discovery.md', import.meta.url), 'utf8');
const SEED = new Uint8Array(32).fill(0x11);
const EXAMPLE: Datagram = {
  kind: 'announce',
  worldHint: worldHintOf(CRYPTO, new Uint8Array(16).fill(0x77)),
  publicKey: CRYPTO.ed25519PublicKey(SEED),
  session: { term: 3, startedMs: 1_700_000_000_000, id: '0102030405060708' },
  counter: 5,
  nonce: new Uint8Array(16),
  nodeId: 'till-1',
  port: 4000,
  addresses: [
    new Uint8Array([192, 168, 1, 5]),
    new Uint8Array([0xfd, ...new Array<number>(14).fill(0), 5]),
  ],
};

/** The bytes of the dump, and where each named field begins. */
function dump(): { bytes: Uint8Array; fields: Map<string, number> } {
  const block = /```hex\n([\s\S]*?)\n```/.exec(DOCUMENT)?.[1] as string;
  const fields = new Map<string, number>();
  let hex = '';
  for (const line of block.split('\n')) {
    const found = /^([0-9a-f]{4}) {2}((?:[0-9a-f]{2} )*[0-9a-f]{2})(?: {2,}(\S.*))?$/.exec(line);
    if (found === null) throw new Error(`not a line of a dump: ${line}`);
    expect(Number.parseInt(found[1] as string, 16), line).toBe(hex.length / 2);
    if (found[3] !== undefined) fields.set(found[3], hex.length / 2);
    hex += (found[2] as string).replaceAll(' ', '');
  }
  return {
    bytes: Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16)),
    fields,
  };
}

test('the document shows the datagram that the code writes and reads', () => {
  const { bytes } = dump();
  expect(hexOf(bytes)).toBe(hexOf(encodeDatagram(EXAMPLE, CRYPTO, SEED)));
  expect(decodeDatagram(bytes)).toEqual({ ok: true, value: EXAMPLE });
  expect(isSigned(bytes, EXAMPLE.publicKey, CRYPTO)).toBe(true);
  expect(DOCUMENT).toContain(`${bytes.length} bytes.`);
});

test('its table of offsets is the one of the dump', () => {
  const starts = new Set(dump().fields.values());
  const offsets = [...DOCUMENT.matchAll(/^\| (\d+) \| \S+ \| /gm)].map((row) => Number(row[1]));
  expect(offsets.length).toBe(12);
  for (const offset of offsets) expect(starts).toContain(offset);
});

test('it explains every reason for a drop, and no other', () => {
  const section = DOCUMENT.slice(DOCUMENT.indexOf('## What is dropped'));
  const named = [...section.matchAll(/^\| `(\w+)` \| /gm)].map((row) => row[1]);
  expect(new Set(named)).toEqual(new Set(DROP_REASONS));
  expect(named.length).toBe(DROP_REASONS.length);
});

test('its figures are those of the code', () => {
  for (const figure of [
    `UDP port ${DISCOVERY_PORT} `,
    `| ${GROUP_IPV4}, `,
    `| ${GROUP_IPV6} (`,
    `then every ${LIMITS.announceMs / 1000} s`,
    `never twice within ${LIMITS.probeMs / 1000} s`,
    `not heard for ${LIMITS.staleMs / 1000} s is *stale*, after ${LIMITS.expiredMs / 1000} s *expired*`,
    `after ${LIMITS.prunedMs / 1000} s forgotten`,
    `${LIMITS.repliesPerSource.perSecond} a second to one address (burst ${LIMITS.repliesPerSource.burst})`,
    `${LIMITS.replies.perSecond} a second in all`,
    `over ${LIMITS.datagramsPerSource.perSecond} a second from one address (burst ${LIMITS.datagramsPerSource.burst})`,
    `over ${LIMITS.datagrams.perSecond} a second from all (burst ${LIMITS.datagrams.burst})`,
    `over ${LIMITS.verifications.perSecond} signatures a second`,
    `of the last ${LIMITS.replyMs / 1000} s`,
    `where its address has ${LIMITS.entriesPerSourceMax} already`,
    `| ${LIMITS.entriesMax} nodes are known`,
  ]) {
    expect(DOCUMENT).toContain(figure);
  }
});
