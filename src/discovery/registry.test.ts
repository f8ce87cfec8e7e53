/** Whom a node knows, over virtual time: ages, goodbyes, replay, room. */
import fc from 'fast-check';
import { beforeEach, expect, it } from 'vitest';
import { DEFAULT_DISCOVERY_LIMITS, type DiscoveryLimits, resolveLimits } from './limits.ts';
import { type DiscoveredNode, Registry, type Sighting } from './registry.ts';
import { TokenBucket, TokenBuckets } from './token-bucket.ts';

const SESSION = { term: 1, startedMs: 1_000, id: '00'.repeat(8) };
let events: string[] = [];

beforeEach(() => {
  events = [];
});

function registryOf(
  limits: Partial<DiscoveryLimits> = {},
  members: readonly string[] = [],
): Registry {
  const note = (what: string) => (node: DiscoveredNode) =>
    void events.push(`${what} ${node.fingerprint} ${node.state}`);
  return new Registry({
    limits: resolveLimits(limits),
    worldId: 'w',
    isMember: (fingerprint) => members.includes(fingerprint) || fingerprint.startsWith('m'),
    onSeen: note('seen'),
    onGone: note('gone'),
  });
}

function sighting(fingerprint: string, change: Partial<Sighting> = {}): Sighting {
  return {
    fingerprint,
    nodeId: `node-${fingerprint}`,
    session: SESSION,
    counter: 1,
    addresses: ['10.0.0.7:4000'],
    source: '10.0.0.7',
    ...change,
  };
}

/** As `Admission` does it. */
function hear(registry: Registry, seen: Sighting, nowMs: number): string {
  const reason = registry.refusalOf(seen, seen.source, nowMs);
  if (reason === undefined) registry.observe(seen, nowMs);
  return reason ?? 'taken';
}

function stateAt(registry: Registry, nowMs: number): string {
  registry.sweep(nowMs);
  return registry.list(nowMs)[0]?.state ?? 'forgotten';
}

it('ages: available, stale at 90 s, expired at 180 s, forgotten at 360 s', () => {
  const registry = registryOf();
  hear(registry, sighting('a'), 1_000);
  expect(stateAt(registry, 90_999)).toBe('available');
  expect(stateAt(registry, 91_000)).toBe('stale');
  expect(stateAt(registry, 180_999)).toBe('stale');
  expect(events).toEqual(['seen a available']);
  expect(registry.nextSweepMs()).toBe(181_000);
  expect(stateAt(registry, 181_000)).toBe('expired');
  expect(registry.nextSweepMs()).toBe(361_000);
  expect(stateAt(registry, 360_999)).toBe('expired');
  expect(stateAt(registry, 361_000)).toBe('forgotten');
  expect(registry.size).toBe(0);
  expect(registry.nextSweepMs()).toBeUndefined();
  expect(events).toEqual(['seen a available', 'gone a expired']);
});

it('is told of who is new, back, or moved, and of nothing else', () => {
  const registry = registryOf();
  hear(registry, sighting('a', { counter: 1 }), 0);
  hear(registry, sighting('a', { counter: 2 }), 10);
  hear(registry, sighting('a', { counter: 3, addresses: ['10.0.0.8:4000'] }), 20);
  hear(registry, sighting('a', { counter: 4, addresses: ['10.0.0.8:4000'] }), 100_000);
  registry.sweep(300_000);
  registry.sweep(300_001);
  hear(registry, sighting('a', { counter: 5, addresses: ['10.0.0.8:4000'] }), 310_000);
  expect(events.map((event) => event.slice(0, 4))).toEqual([
    'seen',
    'seen',
    'seen',
    'gone',
    'seen',
  ]);
  expect(registry.list(310_500)).toEqual([
    {
      fingerprint: 'a',
      nodeId: 'node-a',
      worldId: 'w',
      addresses: ['10.0.0.8:4000'],
      state: 'available',
      lastSeenMsAgo: 500,
      member: false,
    },
  ]);
});

it('a goodbye expires at once, and nothing older brings the node back', () => {
  const registry = registryOf();
  hear(registry, sighting('a', { counter: 5 }), 0);
  registry.goodbye(sighting('a', { counter: 6 }), 1_000);
  registry.goodbye(sighting('a', { counter: 7 }), 1_001);
  expect(events).toEqual(['seen a available', 'gone a expired']);
  expect(stateAt(registry, 1_002)).toBe('expired');
  for (const counter of [1, 5, 6, 7]) {
    expect(hear(registry, sighting('a', { counter }), 2_000)).not.toBe('taken');
  }
  expect(hear(registry, sighting('a', { counter: 8 }), 2_000)).toBe('taken');
  expect(stateAt(registry, 2_001)).toBe('available');
  expect(registry.knows('b', 0)).toBe(false);
  registry.goodbye(sighting('b'), 3_000);
  expect(registry.size).toBe(1);
});

it('(session, counter) only grows, for as long as the node is known', () => {
  const registry = registryOf();
  const now = sighting('a', { counter: 10, session: { ...SESSION, term: 5 } });
  const before = { ...SESSION, term: 4, startedMs: 9_999 };
  const after = { ...SESSION, term: 5, startedMs: 1_001 };
  hear(registry, now, 0);
  expect(hear(registry, now, 1)).toBe('repeated');
  expect(hear(registry, { ...now, counter: 9 }, 2)).toBe('replayed');
  const stolen = { ...now, session: before, counter: 99, addresses: ['6.6.6.6:6'] };
  expect(hear(registry, stolen, 3)).toBe('old_session');
  expect(hear(registry, stolen, 359_999)).toBe('old_session');
  expect(registry.list(3)[0]?.addresses).toEqual(['10.0.0.7:4000']);
  expect(hear(registry, { ...now, session: after, counter: 1 }, 4)).toBe('taken');
  // Forgotten, it is a stranger again.
  expect(hear(registry, stolen, 4 + 360_000)).toBe('taken');
});

it('strangers put no member out, nor each other while they are heard', () => {
  const registry = registryOf({ entriesMax: 4, entriesPerSourceMax: 100 });
  hear(registry, sighting('m1'), 0);
  hear(registry, sighting('m2'), 0);
  hear(registry, sighting('s1'), 1);
  hear(registry, sighting('s2'), 2);
  expect(hear(registry, sighting('s3'), 3)).toBe('registry_full');
  // A stranger that is no longer heard makes room; the members are as old and stay.
  expect(hear(registry, sighting('s3'), 90_001)).toBe('taken');
  expect(events.at(-2)).toBe('gone s1 expired');
  // A member takes the place of any stranger, of no member.
  expect(hear(registry, sighting('m3'), 90_002)).toBe('taken');
  expect(hear(registry, sighting('m4'), 90_003)).toBe('taken');
  expect(hear(registry, sighting('m5'), 90_004)).toBe('registry_full');
  expect(registry.list(90_005).map((node) => node.fingerprint)).toEqual(['m1', 'm2', 'm3', 'm4']);
  expect(registry.isKnownMember('m4')).toBe(true);
  expect(registry.isKnownMember('m5')).toBe(false);
});

it('one source has its share; members are not counted', () => {
  const registry = registryOf({ entriesPerSourceMax: 2 });
  for (const name of ['m1', 'm2', 'm3', 's1', 's2']) {
    expect(hear(registry, sighting(name), 0)).toBe('taken');
  }
  expect(hear(registry, sighting('s3'), 0)).toBe('source_quota');
  expect(hear(registry, sighting('m4'), 0)).toBe('taken');
  expect(hear(registry, sighting('s3', { source: '10.0.0.8' }), 0)).toBe('taken');
  expect(hear(registry, sighting('s1', { counter: 2 }), 0)).toBe('taken');
  // It counts where an entry came from first: moving on does not free a place.
  hear(registry, sighting('s1', { counter: 3, source: '10.0.0.9' }), 0);
  expect(hear(registry, sighting('s4'), 0)).toBe('source_quota');
});

it('whatever is heard when: bounded, and seen and gone alternate for each node', () => {
  const step = fc.record({
    who: fc.constantFrom('m1', 'm2', 's1', 's2', 's3', 's4'),
    what: fc.constantFrom('hear', 'hear', 'goodbye', 'sweep'),
    counter: fc.integer({ min: 1, max: 20 }),
    term: fc.integer({ min: 1, max: 3 }),
    passMs: fc.constantFrom(0, 1, 10, 50, 200),
  });
  const limits = { entriesMax: 3, staleMs: 40, expiredMs: 80, prunedMs: 160 };
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      events = [];
      const registry = registryOf(limits);
      let nowMs = 0;
      for (const { who, what, counter, term, passMs } of steps) {
        nowMs += passMs;
        const seen = sighting(who, { counter, session: { ...SESSION, term } });
        if (what === 'sweep') registry.sweep(nowMs);
        else if (what === 'hear') hear(registry, seen, nowMs);
        else if (registry.refusalOf(seen, seen.source, nowMs) === undefined) {
          registry.goodbye(seen, nowMs);
        }
        expect(registry.size).toBeLessThanOrEqual(3);
      }
      registry.sweep(nowMs + 160);
      expect(registry.size).toBe(0);
      for (const who of ['m1', 'm2', 's1', 's2', 's3', 's4']) {
        const own = events.filter((event) => event.includes(` ${who} `)).map((e) => e.slice(0, 4));
        if (own.length === 0) continue;
        expect([own[0], own.at(-1)]).toEqual(['seen', 'gone']);
        for (let at = 1; at < own.length; at++) {
          expect(own[at] === 'gone' && own[at - 1] === 'gone').toBe(false);
        }
      }
    }),
    { numRuns: 500 },
  );
});

it('a bucket gives its burst, then its rate, and nothing for a clock that goes back', () => {
  const bucket = new TokenBucket({ perSecond: 2, burst: 3 });
  const taken = (nowMs: number): boolean => bucket.take(nowMs);
  expect([0, 0, 0, 0].map(taken)).toEqual([true, true, true, false]);
  expect([499, 500, 500].map(taken)).toEqual([false, true, false]);
  expect([0, 400].map(taken)).toEqual([false, false]);
  expect([1_000, 1_000].map(taken)).toEqual([true, false]);
  expect([100_000, 100_000, 100_000, 100_000].map(taken)).toEqual([true, true, true, false]);
});

it('buckets by key are bounded, and the busy ones are kept', () => {
  const buckets = new TokenBuckets({ perSecond: 1, burst: 1 }, 10);
  buckets.take('busy', 0);
  for (let index = 0; index < 1_000; index++) {
    buckets.take(`key ${index}`, 0);
    expect(buckets.take('busy', 0)).toBe(false);
  }
  expect(buckets.size).toBe(10);
});

it('refuses limits that contradict each other', () => {
  expect(resolveLimits()).toEqual(DEFAULT_DISCOVERY_LIMITS);
  for (const wrong of [
    { staleMs: 180_000 },
    { expiredMs: 360_000 },
    { announceMs: 0 },
    { entriesMax: 0 },
  ]) {
    expect(() => resolveLimits(wrong)).toThrow(
      expect.objectContaining({ code: 'invalid_options' }),
    );
  }
});
