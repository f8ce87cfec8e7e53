/**
 * The contract of `NodeApi`, tried case by case over whatever implements it: an engine in this
 * process, a node behind its socket. What holds here holds for both, so that a program does not see
 * which one it has.
 */
import { AdastraError, type Commit } from '../core/index.ts';
import type { NodeApi } from '../engine/index.ts';
import { check, checkEqual, checkRejects, type ContractCase } from './contract-case.ts';
import { type NodeApiCase, shown, VALUES } from './node-api-case.ts';
import { projections } from './node-api-projections.ts';
import { tokens } from './token-contract.ts';

/** What one case runs in: a new, empty node. */
export interface NodeApiUnderTest {
  readonly api: NodeApi;
  /** Ends everything; the case may have closed `api`. */
  cleanup(): Promise<void>;
}

/** All cases, for the nodes that `make` makes and opens with `contractProjections`. */
export function nodeApiContract(make: () => Promise<NodeApiUnderTest>): ContractCase[] {
  return CASES.map(({ name, run }) => ({
    name,
    run: async () => {
      const { api, cleanup } = await make();
      try {
        await run(api);
      } finally {
        await cleanup();
      }
    },
  }));
}

/** Keys that a path or a query could mangle. */
const KEYS: readonly string[] = ['.', '..', 'a/b', 'a%2Fb', 'a?b#c', ' +&=', 'ü', '"', 'count'];

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}

const values: NodeApiCase = {
  name: 'gives every value back as it was put',
  async run(api) {
    for (const [index, value] of VALUES.entries()) {
      const receipt = await api.put(`v/${index}`, value);
      const entry = await api.getEntry(`v/${index}`);
      checkEqual(shown(await api.get(`v/${index}`)), shown(value), `value ${index}`);
      checkEqual(entry?.stamps, [receipt.stamp], 'the stamp of the entry');
      checkEqual(shown(entry?.siblings[0]?.value), shown(value), `sibling ${index}`);
      check(entry?.present === true && !entry.undecided, 'the entry is present and decided');
    }
    const listed = await collect(api.list({ prefix: 'v/' }));
    checkEqual(listed.length, VALUES.length, 'values listed');
    for (const [key, value] of listed) {
      checkEqual(shown(value), shown(VALUES[Number(key.slice(2))]), `${key} in the list`);
    }
    check((await api.get('v/1')) === true && (await api.get('none')) === undefined, 'get');
    checkEqual(await api.getEntry('none'), undefined, 'the entry of a missing key');
  },
};

const keys: NodeApiCase = {
  name: 'takes every key',
  async run(api) {
    for (const key of [...KEYS, 'k'.repeat(1024)]) {
      await api.put(key, key);
      checkEqual(await api.get(key), key, 'a key that is hard to encode');
      const history = await collect(api.history(key));
      checkEqual(history.length, 1, 'its history');
      check((await api.remove(key)).changed, 'it can be removed');
    }
    checkEqual(await api.count(), 0, 'keys left');
    await checkRejects('invalid_key', api.put('', 1));
    await checkRejects('invalid_key', api.put('k'.repeat(1025), 1));
    await checkRejects('invalid_key', api.get('\ud800'));
    await checkRejects('reserved_key', api.put('$mine', 1));
    await checkRejects('invalid_value', api.put('a', undefined));
    await checkRejects('invalid_value', api.put('a', { x: Number.NaN }));
  },
};

const ranges: NodeApiCase = {
  name: 'lists and counts ranges in key order',
  async run(api) {
    for (const key of ['b', 'a', 'c/1', 'c/2', 'd']) await api.put(key, key);
    const keysIn = async (range: Parameters<NodeApi['list']>[0]): Promise<string[]> =>
      (await collect(api.list(range))).map(([key]) => key);
    checkEqual(await keysIn({}), ['a', 'b', 'c/1', 'c/2', 'd'], 'all');
    checkEqual(await keysIn({ prefix: 'c/', reverse: true }), ['c/2', 'c/1'], 'a prefix, reversed');
    checkEqual(await keysIn({ gt: 'a', lte: 'c/1' }), ['b', 'c/1'], 'between');
    checkEqual(await keysIn({ gte: 'b', lt: 'd', limit: 2 }), ['b', 'c/1'], 'with a limit');
    checkEqual(await api.count({ prefix: 'c/' }), 2, 'count of a prefix');
    check((await api.count({ system: true })) >= 5, 'count with the system');
  },
};

const conditions: NodeApiCase = {
  name: 'holds conditions and remembers commands',
  async run(api) {
    const first = await api.put('a', 1, { ifAbsent: true, commandId: 'c1' });
    const error = (await checkRejects('condition_failed', api.put('a', 2, { ifAbsent: true }))) as
      | AdastraError
      | undefined;
    check(AdastraError.is(error) && !error.retryable, 'it is one of ours');
    await checkRejects('condition_failed', api.put('a', 2, { ifSeq: 0 }));
    const again = await api.put('a', 1, { ifAbsent: true, commandId: 'c1' });
    checkEqual(again, { ...first, replayed: true }, 'the receipt of a retry');
    checkEqual((await api.receiptOf('c1'))?.seq, first.seq, 'receiptOf');
    checkEqual(await api.receiptOf('c2'), undefined, 'receiptOf an unknown command');
    await checkRejects('command_mismatch', api.put('a', 3, { commandId: 'c1' }));
    const second = await api.put('a', 2, { ifStamp: first.stamp });
    check(second.seq > first.seq && second.changed && !second.replayed, 'a receipt');
    checkEqual((await api.remove('none')).changed, false, 'removing nothing');
    check(
      (await api.remove('a', { ifStamp: [second.stamp] })).changed,
      'removing with a condition',
    );
  },
};

const commits: NodeApiCase = {
  name: 'commits operations all or nothing, checks them first, takes them back',
  async run(api) {
    const put = (key: string, value: unknown): { op: string; args: unknown } => ({
      op: 'put',
      args: { key, value },
    });
    const operations = [put('a', new Date(5)), put('b', 2n)];
    const report = await api.preflight({ operations });
    check(report.ok && report.operations.length === 2, 'preflight of a good commit');
    const receipt = await api.commit({
      operations,
      actor: 'ada',
      reason: 'why',
      metadata: { at: new Date(7) },
    });
    checkEqual(shown(await api.get('b')), '"2n"', 'a value of the commit');
    const [commit] = await collect(api.changes({ from: receipt.seq, live: false }));
    checkEqual(
      commit?.events.map(({ key }) => key),
      ['a', 'b'],
      'keys of the commit',
    );
    checkEqual(commit?.actor, 'ada', 'its actor');
    checkEqual(shown(commit?.metadata), shown({ at: new Date(7) }), 'its metadata');
    check(commit?.events[0]?.value instanceof Date, 'a date in a commit is a date');
    const bad = [put('c', 1), { op: 'nothing', args: {} }];
    await checkRejects('operation_unknown', api.commit({ operations: bad }));
    checkEqual((await api.preflight({ operations: bad })).ok, false, 'preflight of a bad commit');
    checkEqual(await api.get('c'), undefined, 'nothing of a commit that failed');
    await api.revert(receipt.seq, { reason: 'a mistake' });
    checkEqual(await api.count(), 0, 'keys after the revert');
    await checkRejects('revert_refused', api.revert(receipt.seq, { reason: 'again' }));
  },
};

const history: NodeApiCase = {
  name: 'tells the history of a key, newest first',
  async run(api) {
    for (const value of [1, 2]) await api.put('a', value);
    await api.remove('a');
    const all = await collect(api.history('a'));
    checkEqual(
      all.map(({ kind, value }) => [kind, value ?? null]),
      HISTORY,
      'the history',
    );
    checkEqual((await collect(api.history('a', { limit: 1 }))).length, 1, 'with a limit');
    checkEqual((await collect(api.history('none'))).length, 0, 'of a key that never was');
  },
};
const HISTORY = [
  ['remove', null],
  ['put', 2],
  ['put', 1],
];

const past: NodeApiCase = {
  name: 'reads the state behind an earlier commit',
  async run(api) {
    const { seq } = await api.put('a', { n: 1 });
    await api.put('b', 1);
    await api.put('a', 2);
    await api.remove('b');
    const early = api.at(seq);
    checkEqual(early.seq, seq, 'its seq');
    checkEqual(await early.get('a'), { n: 1 }, 'what was there');
    checkEqual((await early.getEntry('a'))?.siblings.length, 1, 'with its sibling');
    checkEqual(await early.get('b'), undefined, 'what came later');
    const between = api.at(seq + 1);
    checkEqual(await between.count(), 2, 'how many there were');
    const rows = await collect(between.list({ reverse: true, limit: 1 }));
    checkEqual(rows, [['b', 1]], 'a range of them');
    await checkRejects('not_yet', api.at(seq + 99).get('a'));
    await checkRejects('not_yet', collect(api.at(seq + 99).list()));
    await checkRejects('invalid_argument', api.at(-1).count());
    await checkRejects('invalid_key', early.get(''));
  },
};

const live: NodeApiCase = {
  name: 'follows the log, and stops when it is told to',
  async run(api) {
    const { seq } = await api.put('a', 0);
    const controller = new AbortController();
    const seen: Commit[] = [];
    const following = (async () => {
      for await (const commit of api.changes({ from: seq, signal: controller.signal })) {
        seen.push(commit);
        if (seen.length < 3) await api.put('a', seen.length);
        else controller.abort();
      }
    })();
    await checkRejects('aborted', following);
    checkEqual(
      seen.map(({ events }) => events[0]?.value),
      [0, 1, 2],
      'what was seen',
    );
    for await (const commit of api.changes({ from: seq })) {
      checkEqual(commit.seq, seq, 'the first, again');
      break;
    }
    const other = api.changes({ from: seq + 3 })[Symbol.asyncIterator]();
    const next = other.next();
    await api.put('b', 1);
    checkEqual((await next).value?.events[0]?.key, 'b', 'a commit that came while waiting');
    const waiting = other.next();
    await api.close();
    checkEqual((await waiting).done, true, 'a live iterator ends when the node is closed');
  },
};

const node: NodeApiCase = {
  name: 'tells how the node stands, and works on its files',
  async run(api) {
    await api.put('a', 1);
    await api.flush();
    const [status, hashes, info] = [await api.status(), await api.hashes(), await api.nodeInfo()];
    checkEqual(status.stateHash, hashes.stateHash, 'the state hash');
    checkEqual(status.nodeId, info.nodeId, 'the node id');
    checkEqual((await api.refreshNodeInfo()).nodeId, info.nodeId, 'the node id, refreshed');
    checkEqual(status.store.entries, 1, 'entries');
    checkEqual((await api.checkpoint()).seq, hashes.seq, 'a checkpoint of now');
    check((await api.verify()).ok, 'verify finds nothing wrong');
  },
};

const freshness: NodeApiCase = {
  name: 'says how fresh it is, and waits for a commit',
  async run(api) {
    const { seq } = await api.put('a', 1);
    const fresh = await api.freshness();
    check(fresh.seq >= seq && fresh.logSeq >= seq, 'what was acknowledged is in it');
    checkEqual([fresh.lagCommits, fresh.lagMs], [0, 0], 'the lag');
    checkEqual(fresh.source.state, 'connected', 'the source');
    await api.waitForSeq(seq);
    await checkRejects('not_yet', api.waitForSeq(seq + 1, { timeoutMs: 20 }));
    await checkRejects('invalid_argument', api.waitForSeq(-1));
    await checkRejects('invalid_argument', api.waitForSeq(seq, { timeoutMs: 0.5 }));
    const waiting = api.waitForSeq(seq + 2, { timeoutMs: 60_000 });
    await api.put('a', 2);
    await api.put('a', 3);
    await waiting;
    checkEqual(await api.get('a'), 3, 'what is there after waiting');
    await checkRejects('aborted', api.waitForSeq(seq + 3, { signal: AbortSignal.abort() }));
    const controller = new AbortController();
    const given = checkRejects(
      'aborted',
      api.waitForSeq(seq + 3, { timeoutMs: 60_000, signal: controller.signal }),
    );
    await api.get('a');
    controller.abort();
    await given;
    const cut = checkRejects('closed', api.waitForSeq(seq + 3, { timeoutMs: 60_000 }));
    await api.close();
    await cut;
  },
};

const closed: NodeApiCase = {
  name: 'refuses everything once it is closed',
  async run(api) {
    await api.put('a', 1);
    await api.close();
    await api.close();
    await checkRejects('closed', api.get('a'));
    await checkRejects('closed', api.put('a', 2));
    await checkRejects('closed', api.status());
    await checkRejects('closed', api.freshness());
    await checkRejects('closed', api.waitForSeq(1));
    await checkRejects('closed', collect(api.list()));
  },
};

const CASES: readonly NodeApiCase[] = [
  values,
  keys,
  ranges,
  conditions,
  commits,
  history,
  past,
  live,
  node,
  projections,
  freshness,
  tokens,
  closed,
];
