/**
 * The write daemon over real HTTP: many clients at once, everything recorded, checked by the seq
 * witness. Then the same with a server that has one fault, of the kinds that the checker is for.
 */
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { type CommitRequest, Prng, type Range, type Receipt } from '../../src/core/index.ts';
import type { NodeApi } from '../../src/engine/index.ts';
import { serveHttp } from '../daemon/served-node.ts';
import { OPERATIONS, randomCommit, SETUP } from '../atomicity/calls.ts';
import { testFolder } from '../support/folder.ts';
import { inventoryFaults } from '../support/inventory.ts';
import { figure, TIMEOUT_MS } from '../support/long.ts';
import { rerun, seedOr } from '../support/seed.ts';
import { checkHistory } from './checker.ts';
import { type Logged, Recorder } from './history.ts';
import { HttpActor } from './http-actor.ts';

vi.setConfig({ testTimeout: TIMEOUT_MS });

const WRITER = 'writer';
const KEYS = [
  'supply/flour',
  'balance/mill/flour',
  'balance/shop/salt',
  'item/oven',
  'slot/mill/0',
];
const PREFIXES = ['balance/', 'slot/', 'item/', 'balance/mill/'];

interface Load {
  readonly clients: number;
  /** Operations of each. */
  readonly each: number;
  readonly seed: number;
}

/** What a server does otherwise than it should. */
type Mutant = (node: NodeApi) => Partial<NodeApi>;

interface Findings {
  readonly found: string[];
  readonly operations: number;
  readonly commits: number;
}

/** Serves a node, lets the clients at it, checks what was recorded. */
async function recorded({ clients, each, seed }: Load, mutant?: Mutant): Promise<Findings> {
  const over: Partial<NodeApi> = {};
  const dataDir = join(testFolder('linear'), 'd');
  const served = await serveHttp(dataDir, {}, over, { operations: OPERATIONS });
  const { node } = served;
  await node.commit({ operations: SETUP, commandId: 'setup' });
  const recorder = new Recorder(() => performance.now());
  const places = new Map([[WRITER, { at: served.server.url ?? '', run: 1 }]]);
  if (mutant !== undefined) Object.assign(over, mutant(served.engine));
  const actors = Array.from(
    { length: clients },
    (_none, index) =>
      new HttpActor({ name: `c${index}`, recorder, places, writer: WRITER, patienceMs: 10_000 }),
  );
  await Promise.all(actors.map((actor, at) => act(actor, new Prng(seed * 1000 + at), each)));
  for (const actor of actors) actor.close();
  const log: Logged[] = [];
  for await (const { seq, commandId, events } of served.engine.changes({ from: 1, live: false })) {
    log.push({ seq, commandId, effects: events.map(({ key, value }) => [key, value]) });
  }
  const found = [
    ...actors.flatMap((actor) => actor.found),
    ...inventoryFaults(await collected(served.engine)),
    ...checkHistory({
      operations: recorder.operations,
      log,
      model: OPERATIONS,
      writer: WRITER,
    }),
  ];
  return { found, operations: recorder.operations.length, commits: log.length };
}

async function collected(node: NodeApi): Promise<[string, never][]> {
  const entries: [string, never][] = [];
  for await (const entry of node.list()) entries.push(entry as [string, never]);
  return entries;
}

async function act(actor: HttpActor, prng: Prng, count: number): Promise<void> {
  for (let number = 0; number < count; number++) {
    const dice = prng.float();
    if (dice < 0.55) {
      const calls = randomCommit(prng);
      const outcome = await actor.commit(calls);
      if (prng.chance(0.05)) await actor.again(calls, outcome);
    } else if (dice < 0.8) {
      await actor.read(WRITER, KEYS[prng.below(KEYS.length)] as string);
    } else {
      await actor.scan(WRITER, PREFIXES[prng.below(PREFIXES.length)] as string);
    }
  }
}

const SEED = seedOr(6_000);

describe('the write daemon is linearizable', () => {
  test('to 64 clients at once', async () => {
    const each = figure({ short: 30, long: 2_000 });
    const { found, operations, commits } = await recorded({ clients: 64, each, seed: SEED });
    expect(found.slice(0, 5), rerun(SEED, 'linearizability')).toEqual([]);
    expect(operations).toBeGreaterThan(each * 60);
    expect(commits).toBeGreaterThan(each * 8);
  });
});

describe('a daemon with a fault is found out', () => {
  const load = { clients: 12, each: 45, seed: SEED };
  const sometimes = (every: number): (() => boolean) => {
    let count = 0;
    return () => ++count % every === 0;
  };

  test.each<[string, Mutant, RegExp]>([
    [
      'reads that are stale',
      (node) => {
        const known = new Map<string, Promise<unknown>>();
        const isStale = sometimes(9);
        return {
          getEntry: (key: string) => {
            const now = node.getEntry(key);
            const before = known.get(key) ?? now;
            known.set(key, now);
            return (isStale() ? before : now) as ReturnType<NodeApi['getEntry']>;
          },
        };
      },
      /read .* nowhere from/,
    ],
    [
      'commits that are acknowledged and lost',
      (node) => {
        const isLost = sometimes(40);
        return {
          commit: async (request: CommitRequest): Promise<Receipt> => {
            if (!isLost()) return node.commit(request);
            const { seq } = await node.freshness();
            const receipt = { seq: seq + 1, originSeq: 1, origin: '', stamp: '', replayed: false };
            return { ...receipt, durability: 'always', changed: true } as Receipt;
          },
        };
      },
      /the acknowledged commit .* is lost/,
    ],
    [
      'ranges made of two moments',
      (node) => ({
        list: async function* torn(range?: Range) {
          const first: [string, never][] = [];
          for await (const entry of node.list(range)) first.push(entry as [string, never]);
          const half = first.slice(0, Math.ceil(first.length / 2));
          yield* half;
          await new Promise((resolve) => {
            setTimeout(resolve, 10);
          });
          const last = half.at(-1)?.[0] ?? '';
          for await (const entry of node.list(range)) if (entry[0] > last) yield entry;
        },
      }),
      /read .*\* of writer .* nowhere from/,
    ],
    [
      'commits that are carried out in two',
      (node) => ({
        commit: async (request: CommitRequest): Promise<Receipt> => {
          const { operations, commandId } = request;
          const [first, ...rest] = operations;
          if (rest.length === 0) return node.commit(request);
          await node.commit({ operations: [first as never], commandId: `${commandId}-first` });
          return node.commit({ operations: rest, commandId });
        },
      }),
      /run alone it is/,
    ],
  ])('%s', async (_name, mutant, finds) => {
    const { found } = await recorded(load, mutant);
    expect(found.join('\n')).toMatch(finds);
  });
});
