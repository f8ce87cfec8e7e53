/** What an attacker on the network can send, and what becomes of it. */
import { expect, it } from 'vitest';
import {
  CRYPTO,
  datagramOf,
  identityOf,
  saidBy,
  WORLD_ID,
} from '../../test/support/discovery-node.ts';
import type { Crypto } from '../env/index.ts';
import { Admission } from './admission.ts';
import { encodeDatagram } from './datagram.ts';
import { type DiscoveryLimits, resolveLimits } from './limits.ts';
import { Registry } from './registry.ts';
import type { DiscoveryIdentity } from './voice.ts';

const SELF = identityOf(0, 'self');
const ALICE = identityOf(1, 'alice');
const MALLORY = identityOf(2, 'mallory');
const MEMBERS = Array.from({ length: 20 }, (_, index) => identityOf(1_000 + index));

interface Ear {
  readonly registry: Registry;
  readonly verified: () => number;
  hear(bytes: Uint8Array, from?: string, nowMs?: number): string;
}

/** Holds every signature for good. */
const BELIEVING: Crypto = {
  sha256: (data) => CRYPTO.sha256(data),
  crc32: (data, seed) => CRYPTO.crc32(data, seed),
  ed25519PublicKey: (seed) => CRYPTO.ed25519PublicKey(seed),
  ed25519Sign: (seed, message) => CRYPTO.ed25519Sign(seed, message),
  ed25519Verify: () => true,
};

function earOf(limits: Partial<DiscoveryLimits> = {}, inner: Crypto = CRYPTO): Ear {
  const resolved = resolveLimits(limits);
  const fingerprints = new Set(MEMBERS.map((member) => member.fingerprint));
  const registry = new Registry({
    limits: resolved,
    worldId: 'w',
    isMember: (fingerprint) => fingerprints.has(fingerprint),
    onSeen: () => undefined,
    onGone: () => undefined,
  });
  let verified = 0;
  const crypto: Crypto = {
    ...BELIEVING,
    ed25519Verify: (key, message, signature) => {
      verified++;
      return inner.ed25519Verify(key, message, signature);
    },
  };
  const admission = new Admission({
    crypto,
    limits: resolved,
    registry,
    worldId: WORLD_ID,
    publicKey: SELF.publicKey,
    isHeard: (host) => host !== '1.1.1.1',
    isHere: (host) => host === '127.0.0.1',
    isAsked: (nonce) => nonce[0] === 42,
  });
  return {
    registry,
    verified: () => verified,
    hear: (bytes, from = '10.0.0.7', nowMs = 0) => {
      const verdict = admission.receive(bytes, { host: from, port: 5555 }, nowMs);
      return verdict.kind === 'dropped' ? verdict.reason : verdict.kind;
    },
  };
}

it('takes what is signed, ignores what is its own, and answers a probe', () => {
  const ear = earOf();
  expect(ear.hear(saidBy(ALICE))).toBe('taken');
  expect(ear.hear(saidBy(SELF))).toBe('own');
  expect(ear.hear(saidBy(ALICE, { kind: 'probe', counter: 2 }))).toBe('asked');
  expect(ear.registry.list(0)).toMatchObject([
    { nodeId: 'alice', fingerprint: ALICE.fingerprint, addresses: ['10.0.0.7:4000'] },
  ]);
});

it('a forged datagram changes nothing', () => {
  const ear = earOf();
  ear.hear(saidBy(ALICE));
  const forged = {
    publicKey: ALICE.publicKey,
    counter: 50,
    addresses: [new Uint8Array([6, 6, 6, 6])],
  };
  expect(ear.hear(saidBy(MALLORY, forged))).toBe('bad_signature');
  expect(ear.hear(saidBy(MALLORY, { ...forged, kind: 'goodbye' }))).toBe('bad_signature');
  expect(ear.registry.list(0)[0]).toMatchObject({
    addresses: ['10.0.0.7:4000'],
    state: 'available',
  });
  // Had it moved the counter, the node itself would no longer be heard.
  expect(ear.hear(saidBy(ALICE, { counter: 2 }))).toBe('taken');
});

it('a recorded datagram says nothing twice, and costs no signature check', () => {
  const ear = earOf();
  const recorded = [1, 2, 3].map((counter) => saidBy(ALICE, { counter }));
  const oldSession = saidBy(ALICE, {
    session: { term: 2, startedMs: 2_000_000_000_000, id: 'ff'.repeat(8) },
    counter: 99,
  });
  for (const bytes of recorded) ear.hear(bytes);
  const goodbye = saidBy(ALICE, { kind: 'goodbye', counter: 4 });
  expect(ear.hear(goodbye)).toBe('taken');
  const before = ear.verified();
  expect([...recorded, goodbye, oldSession].map((bytes) => ear.hear(bytes, '10.0.0.66'))).toEqual([
    'replayed',
    'replayed',
    'replayed',
    'repeated',
    'old_session',
  ]);
  expect(ear.verified()).toBe(before);
  expect(ear.registry.list(0)[0]?.state).toBe('expired');
});

it('is told apart: other worlds, other networks, replies nobody asked for, unknown goodbyes', () => {
  const ear = earOf();
  expect(ear.hear(saidBy(ALICE, { worldHint: new Uint8Array(8) }))).toBe('other_world');
  expect(ear.hear(saidBy(ALICE), '1.1.1.1')).toBe('off_interface');
  expect(ear.hear(saidBy(ALICE, { kind: 'reply' }))).toBe('unsolicited_reply');
  expect(ear.hear(saidBy(ALICE, { kind: 'goodbye' }))).toBe('unknown_goodbye');
  expect(ear.registry.size).toBe(0);
  expect(ear.verified()).toBe(0);
  expect(ear.hear(saidBy(ALICE, { kind: 'reply', nonce: new Uint8Array(16).fill(42) }))).toBe(
    'taken',
  );
});

it('nobody can point a node at itself, or at a link that it is not on', () => {
  const ear = earOf();
  const addresses = [
    new Uint8Array([127, 0, 0, 1]),
    new Uint8Array([10, 0, 0, 7]),
    new Uint8Array([0xfe, 0x80, ...new Array<number>(13).fill(0), 1]),
  ];
  const shownFrom = (source: string, counter: number): readonly string[] | undefined => {
    ear.hear(saidBy(ALICE, { addresses, counter }), source);
    return ear.registry.list(0)[0]?.addresses;
  };
  expect(shownFrom('10.0.0.7', 1)).toEqual(['10.0.0.7:4000']);
  expect(shownFrom('127.0.0.1', 2)).toEqual(['127.0.0.1:4000', '10.0.0.7:4000']);
  expect(shownFrom('fe80::1%eth0', 3)).toEqual(['10.0.0.7:4000', '[fe80::1%eth0]:4000']);
  ear.hear(saidBy(ALICE, { port: 0, counter: 4 }));
  expect(ear.registry.list(0)[0]?.addresses).toEqual([]);
});

it('answers probes of the local network alone, and each source only so often', () => {
  const ear = earOf({ repliesPerSource: { perSecond: 1, burst: 2 } });
  let counter = 0;
  const probe = (from: string, nowMs = 0): string =>
    ear.hear(saidBy(ALICE, { kind: 'probe', counter: ++counter }), from, nowMs);
  expect(probe('8.8.8.8')).toBe('reply_refused');
  expect(['10.0.0.7', '10.0.0.7', '10.0.0.7'].map((from) => probe(from))).toEqual([
    'asked',
    'asked',
    'reply_limited',
  ]);
  expect(probe('192.168.0.9')).toBe('asked');
  expect(probe('10.0.0.7', 1_000)).toBe('asked');
});

it('replies to all together are limited too', () => {
  const ear = earOf({ replies: { perSecond: 1, burst: 3 } });
  const verdicts = [1, 2, 3, 4, 5].map((number) =>
    ear.hear(saidBy(ALICE, { kind: 'probe', counter: number }), `10.0.0.${number}`),
  );
  expect(verdicts).toEqual(['asked', 'asked', 'asked', 'reply_limited', 'reply_limited']);
});

it('one source cannot take the room of others, nor all of them all the time of a node', () => {
  const limits = {
    datagramsPerSource: { perSecond: 1, burst: 5 },
    datagrams: { perSecond: 1, burst: 8 },
    verifications: { perSecond: 1, burst: 6 },
  };
  const ear = earOf(limits);
  const from = (source: string, count: number, base: number): string[] =>
    Array.from({ length: count }, (_, index) => ear.hear(saidBy(identityOf(base + index)), source));
  expect(from('10.0.0.1', 7, 100)).toEqual([
    ...new Array<string>(5).fill('taken'),
    'source_limited',
    'source_limited',
  ]);
  expect(from('10.0.0.2', 4, 200)).toEqual([
    'taken',
    'verify_limited',
    'verify_limited',
    'rate_limited',
  ]);
});

it('what claims a member’s key is bounded as well', () => {
  const ear = earOf({ memberDatagrams: { perSecond: 1, burst: 3 } });
  const [member] = MEMBERS as [(typeof MEMBERS)[0]];
  ear.hear(saidBy(member));
  const claimed = { publicKey: member.publicKey, counter: 9 };
  expect([1, 2, 3, 4].map(() => ear.hear(saidBy(MALLORY, claimed)))).toEqual([
    'bad_signature',
    'bad_signature',
    'bad_signature',
    'member_limited',
  ]);
});

/** A stranger by number; its signature is not worth its time, so the ear is told to believe it. */
function strangerSays(number: number): Uint8Array {
  const publicKey = CRYPTO.sha256(new TextEncoder().encode(`stranger ${number}`));
  const datagram = datagramOf({ ...MALLORY, publicKey, nodeId: `stranger-${number}` });
  const crypto = { ...BELIEVING, ed25519Sign: () => new Uint8Array(64) };
  return encodeDatagram(datagram, crypto, MALLORY.privateSeed);
}

it('10,000 strangers: memory stays bounded, members stay and go on being heard', () => {
  const ear = earOf({ verifications: { perSecond: 100_000, burst: 100_000 } }, BELIEVING);
  let nowMs = 0;
  const [late, ...heard] = MEMBERS as [DiscoveryIdentity, ...DiscoveryIdentity[]];
  for (const member of heard) ear.hear(saidBy(member), '10.0.0.7', nowMs);
  const verdicts = new Map<string, number>();
  for (let index = 0; index < 10_000; index++) {
    nowMs += 3;
    const source = `10.${index & 255}.${(index >> 8) & 255}.9`;
    const verdict = ear.hear(strangerSays(index), source, nowMs);
    verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1);
    if (index % 1_000 < 999) continue;
    for (const member of heard) {
      expect(ear.hear(saidBy(member, { counter: 2 + index }), '10.0.0.7', nowMs)).toBe('taken');
    }
  }
  expect(Object.fromEntries(verdicts)).toEqual({
    taken: 512 - heard.length,
    registry_full: 10_000 - 512 + heard.length,
  });
  // A member that comes only now gets in all the same, and no member goes for it.
  expect(ear.hear(saidBy(late), '10.0.0.7', nowMs)).toBe('taken');
  expect(ear.registry.size).toBe(512);
  const members = ear.registry.list(nowMs).filter((node) => node.member);
  expect(members.map((node) => node.state)).toEqual(MEMBERS.map(() => 'available'));
});
