/**
 * Replay sets L1 and decides nothing (INV-5): on every way on which a node, or anybody else, makes a
 * state of the log, no operation, no validator, no clock and no randomness is asked. Planted: one
 * replay for each that does ask.
 */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { Prng } from '../../src/core/index.ts';
import { type Engine, openEngine, replayVerify, resolveOptions } from '../../src/engine/index.ts';
import { openFollower } from '../../src/engine/follow/open-follower.ts';
import { stateAt } from '../../src/engine/state-at.ts';
import type { Env } from '../../src/env/index.ts';
import { type MemoryEnv, memoryEnv, MemoryFileSystem } from '../../src/env/memory/index.ts';
import { NodeCrypto } from '../../src/env/node/index.ts';
import { until } from '../support/follower-world.ts';
import { figure } from '../support/long.ts';
import { seedOr } from '../support/seed.ts';
import { OPERATIONS, randomCommit, SETUP } from './calls.ts';
import { ReplayTrap } from './replay-trap.ts';
import { stateText } from '../support/value-text.ts';
import { JOURNAL } from './witness.ts';

const DATA = '/data/inventory';
const CRYPTO = new NodeCrypto();

afterEach(() => {
  vi.restoreAllMocks();
});

interface World {
  readonly fs: MemoryFileSystem;
  readonly hash: string;
  readonly state: string;
  readonly seq: number;
  readonly checkpointSeq: number;
}

function machine(fs: MemoryFileSystem, seed: number): MemoryEnv {
  return memoryEnv({ seed, crypto: CRYPTO, fileSystem: fs });
}

function open(env: Env, trap: ReplayTrap | undefined, readOnly = false): Promise<Engine> {
  const operations =
    trap === undefined ? OPERATIONS : OPERATIONS.map((operation) => trap.operation(operation));
  const projections = [JOURNAL];
  const options = resolveOptions({ dataDir: DATA, operations, projections, readOnly });
  return openEngine(trap?.env(env) ?? env, DATA, options, { create: true });
}

/** A log of several openings with a checkpoint in the middle. */
async function world(seed: number, commits: number): Promise<World> {
  const fs = new MemoryFileSystem();
  const prng = new Prng(seed);
  let engine = await open(machine(fs, seed), undefined);
  await engine.commit({ operations: SETUP });
  let checkpointSeq = 0;
  for (let number = 0; number < commits; number++) {
    const request = { operations: randomCommit(prng), commandId: `command-${number}` };
    await engine.commit(request).catch(() => undefined);
    if (number % 3 === 0) await engine.put(`note/${number}`, { at: number });
    if (number === Math.floor(commits / 2)) {
      await engine.close();
      engine = await open(machine(fs, seed + number), undefined);
      checkpointSeq = (await engine.checkpoint()).seq;
    }
  }
  const { stateHash: hash, seq } = await engine.hashes();
  const state = stateText(engine.reads.list());
  await engine.close();
  return { fs: fs.crash({ mode: 'kill' }), hash, state, seq, checkpointSeq };
}

/** Every way that makes a state of the log. Each gives its hash, or its entries. */
const WAYS: readonly (readonly [
  name: string,
  go: (world: World, env: MemoryEnv, trap: ReplayTrap) => Promise<string>,
])[] = [
  ['opening behind a checkpoint', async (_world, env, trap) => hashOf(await open(env, trap))],
  [
    'opening from the first commit',
    async (_world, env, trap) => {
      const folder = `${DATA}/checkpoints`;
      for (const name of env.fs.list(folder)) env.fs.removeFile(`${folder}/${name}`);
      return hashOf(await open(env, trap));
    },
  ],
  ['opening to read', async (_world, env, trap) => hashOf(await open(env, trap, true))],
  ['replay --verify', async (_world, env, trap) => replayVerify(trap.env(env), DATA).stateHash],
  [
    'a read daemon',
    async ({ seq }, env, trap) => {
      const dataDir = '/data/reader';
      const operations = OPERATIONS.map((operation) => trap.operation(operation));
      const options = resolveOptions({ dataDir, operations, projections: [JOURNAL] });
      const source = { kind: 'directory', path: DATA } as const;
      const watch = { start: () => {}, close: () => {} };
      const reader = await openFollower(trap.env(env), { dataDir, source, watch, options });
      await until(env, () => reader.seq === seq);
      return hashOf(reader);
    },
  ],
  [
    'the state at a commit',
    async ({ seq }, env, trap) => {
      const bounds = { limits: (await limitsOf(env)).limits, headSeq: seq, baseSeq: 0 };
      return stateText(stateAt(trap.env(env), DATA, seq, bounds).list());
    },
  ],
];

async function hashOf(engine: Engine): Promise<string> {
  const { stateHash } = await engine.hashes();
  await engine.close();
  return stateHash;
}

async function limitsOf(env: MemoryEnv): Promise<Engine['parts']> {
  const engine = await open(
    { ...env, fs: (env.fs as MemoryFileSystem).crash({ mode: 'kill' }) },
    undefined,
  );
  await engine.close();
  return engine.parts;
}

describe('replay asks nobody', () => {
  test.each(WAYS)('%s', async (_name, go) => {
    const first = seedOr(5_000);
    for (let seed = first; seed < first + figure({ short: 3, long: 100 }); seed++) {
      const made = await world(seed, 24);
      const trap = new ReplayTrap();
      trap.set();
      const found = await go(made, machine(made.fs.crash({ mode: 'kill' }), seed + 1), trap);
      vi.restoreAllMocks();
      expect([trap.used, trap.batches > 0]).toEqual([[], true]);
      expect([made.hash, made.state]).toContain(found);
    }
  });
});

describe('the trap catches a replay that', () => {
  const env = machine(new MemoryFileSystem(), 1);
  const [first] = OPERATIONS;
  const breaches: readonly (readonly [string, (trap: ReplayTrap) => unknown, RegExp])[] = [
    ['reads the clock', (trap) => trap.env(env).clock.wallMs(), /env\.clock\.wallMs/],
    ['measures time', (trap) => trap.env(env).clock.monoMs(), /env\.clock\.monoMs/],
    ['draws', (trap) => trap.env(env).random.bytes(4), /env\.random\.bytes/],
    ['waits', (trap) => trap.env(env).timers.soon(() => {}), /env\.timers\.soon/],
    ['reads the clock of the process', () => Date.now(), /Date/],
    ['draws by itself', () => Math.random(), /Math\.random/],
    [
      'calls an operation',
      (trap) => trap.operation(first as never).handler({} as never, {} as never),
      /operation good\.register|operation container\.create/,
    ],
    [
      'calls a validator',
      (trap) => trap.operation(first as never).args?.['~standard'].validate({}),
      /validator of/,
    ],
  ];

  test.each(breaches)('%s', async (_name, breach, finds) => {
    const made = await world(seedOr(5_000), 8);
    const trap = new ReplayTrap();
    trap.set(() => void breach(trap));
    const target = machine(made.fs.crash({ mode: 'kill' }), 2);
    await expect(open(target, trap)).rejects.toThrow(Error);
    expect(trap.used.join()).toMatch(finds);
  });
});
