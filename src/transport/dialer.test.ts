import { beforeEach, describe, expect, test } from 'vitest';
import { AdastraError } from '../core/index.ts';
import { MemoryClock, memoryEnv, type MemoryEnv } from '../env/memory/index.ts';
import { NodeCrypto } from '../env/node/index.ts';
import { backoffMs } from './backoff.ts';
import { Dialer } from './dialer.ts';
import { type TransportLimits, validateTransportLimits } from './limits.ts';
import type { Link } from './link.ts';

const NODE = '1'.repeat(32);
const OTHER = '2'.repeat(32);

interface Dial {
  readonly target: string;
  readonly fingerprint: string | undefined;
  readonly atMs: number;
  readonly signal: AbortSignal;
  accept(fingerprint?: string): void;
  fail(): void;
}

let env: MemoryEnv;
let dials: Dial[];
let up: Set<string>;
const turn = (): Promise<void> => new Promise((done) => setImmediate(done));

/** Lets time pass in small steps, promises included. */
async function pass(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 10) {
    env.timers.advance(Math.min(10, left));
    await turn();
  }
}

function dialerOf(partial: Partial<TransportLimits> = {}, outcome?: 'fail'): Dialer {
  const dialer: Dialer = new Dialer({
    env,
    limits: validateTransportLimits(partial),
    isUp: (fingerprint) => up.has(fingerprint),
    dial: ({ host, port }, fingerprint, signal) =>
      new Promise((resolve, reject) => {
        const dial: Dial = {
          target: `${host}:${port}`,
          fingerprint,
          signal,
          atMs: env.clock.monoMs(),
          accept: (found = fingerprint as string) => {
            up.add(found);
            dialer.linkUp(found);
            resolve({ fingerprint: found } as Link);
          },
          fail: () => reject(new AdastraError('peer_unreachable', 'no way')),
        };
        dials.push(dial);
        if (outcome === 'fail') dial.fail();
      }),
  });
  return dialer;
}

function down(dialer: Dialer, livedMs: number): void {
  up.delete(NODE);
  dialer.linkDown(NODE, livedMs, new AdastraError('peer_unreachable', 'it fell'));
}

beforeEach(() => {
  env = memoryEnv({ seed: 5, crypto: new NodeCrypto(), clock: new MemoryClock() });
  dials = [];
  up = new Set();
});

describe('backoff', () => {
  const range = { minMs: 500, maxMs: 60_000 };

  test('full jitter: from zero to the ceiling, doubling, capped', () => {
    const fixed = (byte: number) => ({
      bytes: (count: number) => new Uint8Array(count).fill(byte),
    });
    expect(backoffMs(0, range, fixed(0))).toBe(0);
    for (const [failures, ceiling] of [
      [0, 500],
      [1, 1000],
      [6, 32_000],
      [7, 60_000],
      [5000, 60_000],
    ] as const) {
      const longest = backoffMs(failures, range, fixed(255));
      expect(longest).toBeGreaterThan(ceiling * 0.999);
      expect(longest).toBeLessThan(ceiling);
    }
  });

  test('waits are spread, not equal', () => {
    const waits = Array.from({ length: 100 }, () => backoffMs(4, range, env.random));
    expect(new Set(waits).size).toBe(100);
    expect(Math.max(...waits) - Math.min(...waits)).toBeGreaterThan(4000);
  });
});

describe('attempts', () => {
  test('addresses in turn, then a wait; state and error are there to see', async () => {
    const dialer = dialerOf();
    dialer.keep(NODE, ['a:1', 'b:2']);
    await pass(10);
    expect(dials.map(({ target }) => target)).toEqual(['a:1']);
    expect(dialer.targets()[0]).toMatchObject({ state: 'connecting', nextAttemptMs: undefined });
    dials[0]?.fail();
    await pass(10);
    dials[1]?.fail();
    await pass(10);
    expect(dials.map(({ target }) => target)).toEqual(['a:1', 'b:2']);
    const [target] = dialer.targets();
    expect(target).toMatchObject({ key: NODE, state: 'waiting', failures: 1 });
    expect(target?.lastError?.code).toBe('peer_unreachable');
    expect(target?.nextAttemptMs).toBeLessThanOrEqual(500);
    await pass(500);
    expect(dials).toHaveLength(3);
  });

  test('waits grow to the cap and never end; no storm', async () => {
    const dialer = dialerOf({ backoffMaxMs: 5000 }, 'fail');
    dialer.keep(NODE, ['a:1']);
    await pass(120_000);
    expect(dials.length).toBeGreaterThan(120_000 / 5000);
    expect(dials.length).toBeLessThan(120);
    const gaps = dials.slice(1).map(({ atMs }, at) => atMs - (dials[at] as Dial).atMs);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(5010);
    expect(Math.max(...gaps.slice(0, 1))).toBeLessThanOrEqual(510);
    expect(dialer.targets()[0]?.failures).toBe(dials.length);
  });

  test('a link that lived long begins with the first wait, a short one goes on', async () => {
    const dialer = dialerOf({ stableMs: 1000 });
    dialer.keep(NODE, ['a:1']);
    await pass(10);
    dials[0]?.accept();
    expect(dialer.targets()[0]).toMatchObject({ state: 'connected', nextAttemptMs: undefined });
    down(dialer, 999);
    expect(dialer.targets()[0]).toMatchObject({ state: 'waiting', failures: 1 });
    await pass(600);
    dials[1]?.accept();
    down(dialer, 999);
    expect(dialer.targets()[0]?.failures).toBe(2);
    await pass(1100);
    dials[2]?.accept();
    down(dialer, 1000);
    expect(dialer.targets()[0]?.failures).toBe(0);
  });

  test('a link that the other side made ends the wait', async () => {
    const dialer = dialerOf({}, 'fail');
    dialer.keep(NODE, ['a:1']);
    await pass(10);
    up.add(NODE);
    dialer.linkUp(NODE);
    const before = dials.length;
    await pass(60_000);
    expect(dials.length).toBe(before);
    expect(dialer.targets()[0]).toMatchObject({ state: 'connected', lastError: undefined });
  });

  test('a node that is linked already is not dialled; without an address nothing is', async () => {
    const dialer = dialerOf();
    up.add(NODE);
    dialer.keep(NODE, ['a:1']);
    dialer.keep(OTHER, []);
    await pass(1000);
    expect(dials).toEqual([]);
    expect(dialer.targets()[1]).toMatchObject({ state: 'waiting', nextAttemptMs: undefined });
    dialer.keep(OTHER, ['b:2']);
    await pass(10);
    expect(dials.map(({ target }) => target)).toEqual(['b:2']);
  });

  test('an address without a node learns whose it is, and comes back to it', async () => {
    const dialer = dialerOf();
    dialer.keep(undefined, ['a:1']);
    await pass(10);
    expect(dials[0]?.fingerprint).toBe(undefined);
    dials[0]?.accept(NODE);
    await pass(10);
    expect(dialer.targets()[0]).toMatchObject({
      key: 'a:1',
      fingerprint: NODE,
      state: 'connected',
    });
    down(dialer, 0);
    await pass(600);
    expect(dials[1]?.fingerprint).toBe(NODE);
  });
});

describe('bounds', () => {
  test('so many dials at once, the others wait their turn', async () => {
    const dialer = dialerOf({ dialsMax: 2 });
    for (let port = 1; port <= 5; port++) dialer.keep(undefined, [`a:${port}`]);
    await pass(50);
    expect(dials).toHaveLength(2);
    expect(dialer.targets().filter(({ state }) => state === 'connecting')).toHaveLength(5);
    dials[0]?.fail();
    await pass(10);
    expect(dials.map(({ target }) => target)).toEqual(['a:1', 'a:2', 'a:3']);
  });

  test('targets and addresses', async () => {
    const dialer = dialerOf({ targetsMax: 2, addressesMax: 2 });
    dialer.keep(NODE, ['a:1', 'a:2', 'a:3']);
    expect(dialer.targets()[0]?.addresses).toEqual(['a:1', 'a:2']);
    dialer.keep(OTHER, ['b:1']);
    expect(() => dialer.keep('3'.repeat(32), ['c:1'])).toThrow('2 nodes');
    dialer.keep(OTHER, ['b:2']);
    dialer.drop(OTHER);
    dialer.keep('3'.repeat(32), ['c:1']);
    expect(dialer.targets().map(({ key }) => key)).toEqual([NODE, '3'.repeat(32)]);
  });

  test('what is no address is refused and changes nothing', () => {
    const dialer = dialerOf();
    expect(() => dialer.keep(NODE, ['a:1', 'b'])).toThrow('names no port');
    expect(() => dialer.keep(undefined, [])).toThrow('neither');
    expect(dialer.targets()).toEqual([]);
  });

  test('a nudge cuts the wait short, once in a while', async () => {
    const dialer = dialerOf({ backoffMinMs: 50_000, backoffMaxMs: 100_000, nudgeMs: 3000 }, 'fail');
    dialer.keep(NODE, ['a:1']);
    await pass(10);
    expect(dials).toHaveLength(1);
    dialer.nudge(NODE);
    await pass(10);
    expect(dials).toHaveLength(2);
    await pass(2900);
    dialer.nudge(NODE);
    await pass(10);
    expect(dials).toHaveLength(2);
    await pass(100);
    dialer.nudge(NODE);
    dialer.nudge(OTHER);
    await pass(10);
    expect(dials).toHaveLength(3);
  });

  test('a target that is dropped is dialled no more, a dial under way is ended', async () => {
    const dialer = dialerOf();
    dialer.keep(NODE, ['a:1', 'b:2']);
    await pass(10);
    dialer.drop(NODE);
    expect(dials[0]?.signal.aborted).toBe(true);
    dials[0]?.fail();
    await pass(120_000);
    expect(dials).toHaveLength(1);
    dialer.keep(NODE, ['a:1']);
    dialer.stop();
    await pass(1000);
    expect(dialer.targets()).toEqual([]);
    expect(dials).toHaveLength(1);
  });
});
