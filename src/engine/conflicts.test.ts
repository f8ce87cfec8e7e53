import { describe, expect, test } from 'vitest';
import { type Engine, type NodeOptions, replayVerify, stateAt } from './index.ts';
import type { MemoryEnv } from '../env/memory/index.ts';
import { type Commit, DEFAULT_LIMITS } from '../core/index.ts';
import { definePolicy } from '../store/operations/index.ts';
import {
  exchange,
  joinNode,
  laneOf,
  newMachine,
  NODE_DIRECTORY,
  openNode,
} from '../../test/support/memory-node.ts';
import {
  conflictOf,
  type ConflictSource,
  conflictSourceOf,
  openConflicts,
  resolveConflict,
} from './conflicts.ts';
import { decidedConflicts } from './decided-conflicts.ts';
import { listPolicies, setPolicy } from './policies.ts';

interface World {
  readonly env: MemoryEnv;
  readonly rightEnv: MemoryEnv;
  left: Engine;
  readonly right: Engine;
}

async function world(options: NodeOptions = {}, rightOptions = options): Promise<World> {
  const [env, rightEnv] = [newMachine(1), newMachine(2)];
  const left = await openNode(env, options);
  const right = await joinNode(rightEnv, left, rightOptions, { role: 'admin' });
  return { env, rightEnv, left, right };
}

function source(node: Engine): ConflictSource {
  return conflictSourceOf(
    node.parts.replica,
    laneOf(node),
    (origin) => `node ${origin.slice(0, 2)}`,
  );
}

const open = (node: Engine, options = {}): string[] =>
  [...openConflicts(source(node), options)].map(({ key }) => key);

function journal(node: Engine, options = {}): ReturnType<typeof decidedConflicts> {
  const { log, replica } = node.parts;
  return decidedConflicts({ log, decided: replica.decided }, options);
}

/** Both write, the right one later, then they hear of each other. */
async function disagree(
  { left, right, rightEnv }: World,
  key: string,
  ours: unknown,
  theirs: unknown,
): Promise<void> {
  await left.put(key, ours);
  rightEnv.clock.jumpWall(1000);
  await right.put(key, theirs);
  await meet(left, right);
}

async function meet(left: Engine, right: Engine): Promise<void> {
  await exchange(left, right);
  await exchange(right, left);
}

async function commits(node: Engine): Promise<Commit[]> {
  const list: Commit[] = [];
  for await (const commit of node.changes({ from: 1, live: false, system: true }))
    list.push(commit);
  return list;
}

const JOIN = definePolicy({
  name: 'join',
  version: 1,
  decide: (siblings) => ({ value: siblings.map(({ value }) => value ?? null) }),
});

describe('open conflicts', () => {
  test('are listed in key order with every sibling, and gone once resolved', async () => {
    const nodes = await world();
    await disagree(nodes, 'b', 1, 2);
    await disagree(nodes, 'a', { deep: [1] }, 'text');
    await disagree(nodes, 'same', 7, 7);
    for (const node of [nodes.left, nodes.right]) {
      expect(open(node)).toEqual(['a', 'b']);
      expect(open(node, { limit: 1 })).toEqual(['a']);
      expect(open(node, { prefix: 'b' })).toEqual(['b']);
      const conflict = conflictOf(source(node), 'b');
      expect(conflict).toMatchObject({ key: 'b', policy: 'last-write-wins', undecided: false });
      expect(conflict?.siblings.map(({ value }) => value).sort()).toEqual([1, 2]);
      expect(conflict?.siblings.every(({ nodeId }) => nodeId.startsWith('node '))).toBe(true);
      expect(conflictOf(source(node), 'same')).toBeUndefined();
      expect(conflictOf(source(node), 'none')).toBeUndefined();
    }
    const { left, right } = nodes;
    const stamp = conflictOf(source(left), 'a')?.siblings.find(
      ({ value }) => value !== 'text',
    )?.stamp;
    const receipt = await resolveConflict(left.writable(), 'a', { stamp: stamp as string });
    await meet(left, right);
    for (const node of [left, right]) {
      expect(await node.get('a')).toEqual({ deep: [1] });
      expect(open(node)).toEqual(['b']);
    }
    const last = (await commits(left)).find(({ seq }) => seq === receipt.seq);
    expect(last?.reason).toBe('conflict resolved');
  });

  test('can be decided by a value or a remove; by what is stale or no choice they cannot', async () => {
    const nodes = await world();
    const { left, right } = nodes;
    await disagree(nodes, 'a', 1, 2);
    await disagree(nodes, 'b', 1, 2);
    const stale = conflictOf(source(left), 'a')?.siblings[0]?.stamp as string;
    await resolveConflict(left.writable(), 'a', { value: { both: [1, 2] } }, { reason: 'agreed' });
    await expect(resolveConflict(left.writable(), 'a', { stamp: stale })).rejects.toMatchObject({
      code: 'not_found',
    });
    await right.put('a', 3);
    await meet(left, right);
    await expect(resolveConflict(left.writable(), 'a', { stamp: stale })).rejects.toMatchObject({
      code: 'condition_failed',
      details: { stamps: expect.arrayContaining([expect.any(String)]) },
    });
    for (const bad of [{}, { stamp: 'x', value: 1 }, { remove: false }, undefined]) {
      await expect(resolveConflict(left.writable(), 'b', bad as never)).rejects.toMatchObject({
        code: 'invalid_argument',
      });
    }
    await resolveConflict(left.writable(), 'b', { remove: true });
    await meet(left, right);
    expect(await right.get('b')).toBeUndefined();
    expect(open(right)).toEqual(['a']);
  });

  test('survive checkpoint, restart and replay from the base', async () => {
    const nodes = await world();
    await disagree(nodes, 'a', 1, 2);
    await nodes.left.checkpoint();
    await disagree(nodes, 'b', 1, 2);
    await nodes.left.close();
    expect(replayVerify(nodes.env, NODE_DIRECTORY).matches).toBe(true);
    nodes.left = await openNode(nodes.env);
    expect(open(nodes.left)).toEqual(['a', 'b']);
  });

  test('the lane tells when a key comes into conflict and when that ends', async () => {
    const nodes = await world();
    const told: [string, boolean][] = [];
    laneOf(nodes.left).onConflict = (key, isOpen) => told.push([key, isOpen]);
    await nodes.left.put('quiet', 1);
    await disagree(nodes, 'same', 7, 7);
    expect(told).toEqual([]);
    await disagree(nodes, 'a', 1, 2);
    expect(told).toEqual([['a', true]]);
    await nodes.left.put('a', 3);
    expect(told).toEqual([
      ['a', true],
      ['a', false],
    ]);
  });
});

describe('rules', () => {
  test('are stated, listed and taken away', async () => {
    const { left, right } = await world();
    const custom = { policy: 'custom', name: 'join', version: 1 } as const;
    await setPolicy(left.writable(), 'user/', { policy: 'merge-fields' });
    await setPolicy(left.writable(), '', custom);
    await exchange(left, right);
    expect(listPolicies(right.parts.replica.storage)).toEqual([
      { prefix: '', ...custom },
      { prefix: 'user/', policy: 'merge-fields' },
    ]);
    await setPolicy(left.writable(), '', undefined);
    expect(listPolicies(left.parts.replica.storage)).toHaveLength(1);
    for (const [prefix, rule] of [
      ['$x', { policy: 'manual' }],
      ['\ud800', { policy: 'manual' }],
      ['x'.repeat(1020), { policy: 'manual' }],
      ['a', { policy: 'counter' }],
      ['a', { policy: 'custom' }],
      ['a', { policy: 'custom', name: 'x' }],
      ['a', { policy: 'manual', name: 'x' }],
      [7, { policy: 'manual' }],
    ] as const) {
      await expect(
        setPolicy(left.writable(), prefix as string, rule as never),
      ).rejects.toMatchObject({ code: 'invalid_argument' });
    }
  });

  test('changed, decide every open conflict anew, on every node alike, and keep what was', async () => {
    const nodes = await world({ policies: [JOIN] });
    const { left, right } = nodes;
    await disagree(nodes, 'a', { x: 1 }, { y: 2 });
    const before = await left.get('a');
    const wanted: [Parameters<typeof setPolicy>[2], unknown][] = [
      [{ policy: 'merge-fields' }, { x: 1, y: 2 }],
      [{ policy: 'custom', name: 'join', version: 1 }, [{ x: 1 }, { y: 2 }]],
      [{ policy: 'custom', name: 'join', version: 2 }, before],
      [undefined, before],
    ];
    for (const [rule, value] of wanted) {
      await setPolicy(left.writable(), 'a', rule);
      await meet(left, right);
      for (const node of [left, right]) {
        expect(await node.get('a')).toEqual(value);
        expect((await node.getEntry('a'))?.siblings).toHaveLength(2);
        expect((await node.getEntry('a'))?.undecided).toBe(rule?.version === 2);
      }
      expect((await left.hashes()).contentHash).toBe((await right.hashes()).contentHash);
    }
  });

  test('a changed view is a commit without origin in the log, in feeds and in the history', async () => {
    const nodes = await world();
    const { left, right, env } = nodes;
    await disagree(nodes, 'a', { x: 1 }, { y: 2 });
    const live: unknown[] = [];
    left.feed.listen(({ seq, changes }) => live.push([seq, ...changes]));
    const { seq } = await setPolicy(left.writable(), '', { policy: 'merge-fields' });
    await left.flush();
    const change = { key: 'a', kind: 'put', value: { x: 1, y: 2 } };
    expect(left.seq).toBe(seq + 1);
    expect((await commits(left)).at(-1)).toMatchObject({
      seq: seq + 1,
      origin: undefined,
      originSeq: 0,
      reason: 'policy changed',
      events: [change],
    });
    expect(live.at(-1)).toEqual([seq + 1, change]);
    const history: unknown[] = [];
    for await (const entry of left.history('a'))
      history.push([entry.origin === undefined, entry.value]);
    expect(history).toEqual([
      [true, { x: 1, y: 2 }],
      [false, { y: 2 }],
      [false, { x: 1 }],
    ]);
    await expect(left.revert(seq + 1, { reason: 'no' })).rejects.toMatchObject({
      code: 'revert_refused',
    });
    await exchange(left, right);
    expect(await right.get('a')).toEqual({ x: 1, y: 2 });
    const bounds = { limits: DEFAULT_LIMITS, headSeq: left.seq, baseSeq: 0 };
    const at = (wanted: number): unknown => stateAt(env, NODE_DIRECTORY, wanted, bounds).get('a');
    expect([at(seq), at(seq + 1)]).toEqual([{ y: 2 }, { x: 1, y: 2 }]);
    await left.close();
    expect(replayVerify(env, NODE_DIRECTORY)).toMatchObject({ matches: true, seq: seq + 1 });
  });

  test('code that comes, goes or is another one decides anew when the node opens', async () => {
    const nodes = await world({ policies: [JOIN] });
    const { env } = nodes;
    await setPolicy(nodes.left.writable(), '', { policy: 'custom', name: 'join', version: 1 });
    await disagree(nodes, 'a', 1, 2);
    const reopened = async (policies: NodeOptions['policies']): Promise<unknown> => {
      await nodes.left.close();
      nodes.left = await openNode(env, { policies });
      const entry = await nodes.left.getEntry('a');
      return [entry?.value, entry?.undecided];
    };
    const seq = nodes.left.seq;
    expect(await reopened([JOIN])).toEqual([[1, 2], false]);
    expect(nodes.left.seq).toBe(seq);
    expect(await reopened([])).toEqual([2, true]);
    expect(nodes.left.seq).toBe(seq + 1);
    expect(await reopened([{ ...JOIN, version: 2 }])).toEqual([2, true]);
    expect(nodes.left.seq).toBe(seq + 1);
    expect(await reopened([{ ...JOIN, decide: () => ({ remove: true }) }])).toEqual([
      undefined,
      false,
    ]);
    expect(await reopened([JOIN])).toEqual([[1, 2], false]);
    await nodes.left.close();
    expect(replayVerify(env, NODE_DIRECTORY).matches).toBe(true);
  });

  test('code that throws fails no receive and is reported once', async () => {
    const warnings: string[] = [];
    const nodes: World = await world({
      policies: [
        {
          ...JOIN,
          decide: () => {
            throw new Error('oops');
          },
        },
      ],
      logger: { debug() {}, info() {}, warn: (text) => warnings.push(text), error() {} },
    });
    await setPolicy(nodes.left.writable(), '', { policy: 'custom', name: 'join', version: 1 });
    await meet(nodes.left, nodes.right);
    for (const key of ['a', 'b']) await disagree(nodes, key, 1, 2);
    expect(open(nodes.left)).toEqual(['a', 'b']);
    expect((await nodes.left.getEntry('a'))?.undecided).toBe(true);
    const oops = warnings.filter((text) => text.includes('oops'));
    expect(oops).toHaveLength(2);
    expect(oops[0]).toMatch(/policy join .* undecided/);
  });

  test('code that writes from inside is refused', async () => {
    const calls: Promise<unknown>[] = [];
    let node: Engine | undefined;
    const decide = (): { sibling: number } => {
      if (node !== undefined) calls.push(node.put('inside', 1).catch((error: unknown) => error));
      return { sibling: 0 };
    };
    const nodes = await world({ policies: [{ ...JOIN, decide }] }, {});
    node = nodes.left;
    await setPolicy(nodes.left.writable(), '', { policy: 'custom', name: 'join', version: 1 });
    await exchange(nodes.left, nodes.right);
    await disagree(nodes, 'a', 1, 2);
    expect(calls.length).toBeGreaterThan(0);
    for (const call of calls) expect(await call).toMatchObject({ code: 'nested_write' });
    expect(await nodes.left.get('inside')).toBeUndefined();
  });

  test('merging more than one record holds is decided right behind it', async () => {
    const nodes = await world();
    const { left, right, env } = nodes;
    await setPolicy(left.writable(), '', { policy: 'merge-fields' });
    await exchange(left, right);
    const keys = Array.from({ length: 24 }, (_, index) => `k/${String(index).padStart(2, '0')}`);
    const text = 'x'.repeat(500_000);
    for (const key of keys) await left.put(key, { text });
    await right.writable().transact((tx) => {
      for (const key of keys) tx.put(key, { more: 1 });
    });
    const before = left.seq;
    await meet(left, right);
    await left.flush();
    for (const key of keys) {
      expect(await left.getEntry(key)).toMatchObject({ undecided: false, value: { more: 1 } });
      expect((await left.get(key)) as object).toHaveProperty('text', text);
    }
    expect(left.seq).toBeGreaterThan(before + 1);
    expect((await left.hashes()).contentHash).toBe((await right.hashes()).contentHash);
    await left.close();
    expect(replayVerify(env, NODE_DIRECTORY).matches).toBe(true);
  });
});

describe('the journal of decided conflicts', () => {
  test('newest first, with who decided, why, and what stood there', async () => {
    const nodes = await world();
    const { left, right } = nodes;
    await disagree(nodes, 'a', 1, 2);
    await disagree(nodes, 'b', 'x', 'y');
    await resolveConflict(left.writable(), 'a', { value: 3 });
    for (let index = 0; index < 50; index++) await left.put(`other/${index}`, index);
    await right.put('b', 'z');
    await meet(left, right);
    for (const node of [left, right]) {
      const decided = [...journal(node)];
      expect(new Set(decided.map(({ key }) => key))).toEqual(new Set(['a', 'b']));
      const a = decided.find(({ key }) => key === 'a');
      expect(a).toMatchObject({ kind: 'put', value: 3, reason: 'conflict resolved' });
      expect(a?.decidedBy.slice(0, 32)).toBe(left.parts.identity.fingerprint);
      expect(a?.siblings.map(({ value }) => value)).toEqual([1, 2]);
      expect(a?.siblings.map(({ stamp }) => stamp)).toHaveLength(2);
      const b = decided.find(({ key }) => key === 'b');
      expect(b).toMatchObject({ value: 'z', reason: undefined });
      expect(b?.siblings.map(({ value }) => value)).toEqual(['x', 'y']);
      expect([...journal(node, { limit: 1 })]).toHaveLength(1);
      expect([...journal(node, { prefix: 'b' })].map(({ key }) => key)).toEqual(['b']);
      expect(decided.map(({ seq }) => seq)).toEqual(
        decided.map(({ seq }) => seq).sort((x, y) => y - x),
      );
    }
  });

  test('is there after checkpoint and restart, also behind a changed view', async () => {
    const nodes = await world();
    await disagree(nodes, 'a', { x: 1 }, { y: 2 });
    await setPolicy(nodes.left.writable(), '', { policy: 'merge-fields' });
    await nodes.left.put('a', 'decided');
    await nodes.left.checkpoint();
    await disagree(nodes, 'b', 1, 2);
    await nodes.left.remove('b');
    await nodes.left.close();
    nodes.left = await openNode(nodes.env);
    const decided = [...journal(nodes.left)];
    expect(decided.map(({ key, kind }) => [key, kind])).toEqual([
      ['b', 'remove'],
      ['a', 'put'],
    ]);
    expect(decided[1]?.siblings.map(({ value }) => value)).toEqual([{ x: 1 }, { y: 2 }]);
  });

  test('a short list reads little, however long the log is', async () => {
    const nodes = await world();
    await disagree(nodes, 'a', 1, 2);
    await nodes.left.put('a', 3);
    for (let index = 0; index < 500; index++) await nodes.left.put(`k/${index}`, index);
    const { log } = nodes.left.parts;
    let reads = 0;
    const counted = new Proxy(log, {
      get: (target, name) => {
        if (name === 'read') {
          return (...args: Parameters<typeof log.read>): ReturnType<typeof log.read> => {
            reads++;
            return target.read(...args);
          };
        }
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
    const { decided } = nodes.left.parts.replica;
    expect([...decidedConflicts({ log: counted, decided }, { limit: 10 })]).toHaveLength(1);
    expect(reads).toBeLessThan(8);
  });
});
