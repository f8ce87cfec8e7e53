/**
 * A log that starts over: behind a snapshot of a member, and behind its own base without what a
 * wrong clock stamped. Own commits survive, unchanged or authored again; nothing comes twice; and
 * the power may go at every step.
 */
import { describe, expect, test } from 'vitest';
import { Prng, Vector } from '../../src/core/index.ts';
import {
  branchHeld,
  deadLetters,
  type Engine,
  openSnapshot,
  replayVerify,
  retryDeadLetter,
  signSnapshotOffer,
  verifyDirectory,
  verifySnapshotOffer,
} from '../../src/engine/index.ts';
import { type CrashMode, Frozen, type MemoryEnv } from '../../src/env/memory/index.ts';
import { admitMember, TombstoneCollector } from '../../src/store/transactions/index.ts';
import { figure } from '../support/long.ts';
import {
  agreement,
  exchange,
  joinNode,
  laneOf,
  newMachine,
  NODE_DIRECTORY as DATA,
  openNode,
} from '../support/memory-node.ts';
import { machineOn, SMALL_SEGMENTS } from '../support/repair-world.ts';
import {
  chainsOf,
  installIn,
  openAgain,
  receiveSnapshot,
  repairClock,
  SNAPSHOT_FILE,
} from '../support/rebuilt-node.ts';

const YEAR_MS = 365 * 24 * 3_600_000;
const MINUTE_MS = 60_000;

interface Pair {
  readonly here: MemoryEnv;
  readonly member: Engine;
  readonly away: Engine;
}

/** Two nodes that were equal once; then one went away and both wrote. */
async function parted(): Promise<Pair> {
  const member = await openNode(newMachine(1));
  const here = newMachine(2);
  const away = await joinNode(here, member);
  for (let key = 0; key < 8; key++) await member.put(`shared/${key}`, key);
  await exchange(member, away);
  await away.put('shared/1', 'by away');
  await exchange(away, member);
  for (let key = 0; key < 4; key++) await member.remove(`shared/${key + 4}`);
  await member.put('shared/0', 'by member');
  await away.put('own/1', { own: 1 }, { commandId: 'first' });
  await away.put('shared/0', 'by away');
  await away.remove('shared/2');
  return { here, member, away };
}

describe('a snapshot', () => {
  test('is installed, and own commits come on top, unchanged', async () => {
    const { here, member, away } = await parted();
    const offer = await receiveSnapshot(member, here);
    const before = away.seq;
    await away.close();
    const report = await installIn(here, away, offer);
    expect(report).toMatchObject({ toReauthor: 0, leftOut: [], keptCommits: 3 });
    expect(report.baseSeq).toBeGreaterThan(before);
    expect(await verifyDirectory(here, DATA)).toMatchObject({ ok: true, problems: [] });
    expect(replayVerify(here, DATA)).toMatchObject({ matches: true });
    const { engine } = await openAgain(here);
    expect(engine.seq).toBe(report.headSeq);
    expect(await engine.get('own/1')).toEqual({ own: 1 });
    expect(await engine.get('shared/5')).toBeUndefined();
    // Commands are this node's own memory.
    const again = await engine.put('own/1', { own: 1 }, { commandId: 'first' });
    expect(again.replayed).toBe(true);
    await engine.put('own/2', 2);
    await exchange(engine, member);
    expect(agreement(member)).toEqual(agreement(engine));
    expect(laneOf(engine).vector.size).toBeGreaterThan(2);
    expect(here.fs.stat(report.setAside)).toBeDefined();
    await engine.close();
    await member.close();
  });

  test('of one that collected tombstones brings nothing back', async () => {
    const { here, member, away } = await parted();
    await exchange(away, member);
    const collector = new TombstoneCollector(laneOf(member));
    while (!collector.step(laneOf(member).vector.copy()).done);
    await member.flush();
    const offer = await receiveSnapshot(member, here);
    await away.close();
    await installIn(here, away, offer);
    const { engine } = await openAgain(here);
    expect(agreement(engine)).toEqual(agreement(member));
    expect(engine.parts.replica.storage.tombstoneCount).toBe(0);
    expect(engine.parts.replica.collected.frontier.size).toBeGreaterThan(0);
    await engine.close();
    await member.close();
  });

  test('that is not as offered is refused, and nothing has changed', async () => {
    const { here, member, away } = await parted();
    const offer = await receiveSnapshot(member, here);
    const before = agreement(away);
    await away.close();
    here.fs.flipBit(SNAPSHOT_FILE, 400, 1);
    await expect(installIn(here, away, offer)).rejects.toMatchObject({
      code: 'checkpoint_damaged',
    });
    const stateHash = new Uint8Array(32);
    here.fs.flipBit(SNAPSHOT_FILE, 400, 1);
    await expect(installIn(here, away, { ...offer, stateHash })).rejects.toMatchObject({
      code: 'checkpoint_damaged',
    });
    const engine = await openNode(here);
    expect(agreement(engine)).toEqual(before);
    await engine.close();
    await member.close();
  });

  test('that lacks what the own log has let go is refused, and nothing has changed', async () => {
    const member = await openNode(newMachine(1));
    const here = newMachine(2);
    const options = {
      retention: { commits: 1 },
      limits: { ...(SMALL_SEGMENTS.limits as object) },
    };
    const away = await joinNode(here, member, options);
    for (let at = 0; at < 40; at++) await away.put(`own/${at}`, 'x'.repeat(300));
    await away.checkpoint();
    await away.put('own/last', 1);
    await away.checkpoint();
    // For the member that has none of this, as long as its lease lasts.
    expect(away.parts.log.baseSeq).toBe(0);
    here.clock.jumpWall(91 * 24 * 3_600_000);
    for (const value of [2, 3]) {
      await away.put('own/last', value);
      await away.checkpoint();
    }
    // Nor is anything let go that nobody else has; a node that was told so wrongly may do it.
    expect(away.parts.log.baseSeq).toBe(0);
    away.peering?.book.seen(member.parts.identity.fingerprint, 0, 1_000_000);
    for (const value of [4, 5]) {
      await away.put('own/last', value);
      await away.checkpoint();
    }
    expect(away.parts.log.baseSeq).toBeGreaterThan(3);
    const before = agreement(away);
    const offer = await receiveSnapshot(member, here);
    await away.close();
    await expect(installIn(here, away, offer)).rejects.toMatchObject({ code: 'history_truncated' });
    expect(here.fs.list(DATA)).not.toContain('repairing');
    const engine = await openNode(here, options);
    expect(agreement(engine)).toEqual(before);
    await engine.close();
    await member.close();
  });

  test('is vouched for by the key of its giver, for all that it says', async () => {
    const member = await openNode(newMachine(1));
    const snapshot = await openSnapshot(member);
    const { env, identity, log } = member.parts;
    const { fingerprint, publicKey } = identity;
    const signature = signSnapshotOffer(env.crypto, identity, log.worldId, snapshot);
    const offer = { ...snapshot, fingerprint, signature };
    const verify = (changed: object, worldId = log.worldId): boolean =>
      verifySnapshotOffer(env.crypto, worldId, { ...offer, ...changed }, publicKey);
    expect(verify({})).toBe(true);
    expect(verify({}, new Uint8Array(16))).toBe(false);
    expect(verify({ id: '00'.repeat(16) })).toBe(false);
    expect(verify({ id: 'no hex' })).toBe(false);
    expect(verify({ byteLength: offer.byteLength + 1 })).toBe(false);
    expect(verify({ byteLength: -1 })).toBe(false);
    expect(verify({ digest: new Uint8Array(32) })).toBe(false);
    expect(verify({ stateHash: new Uint8Array(32) })).toBe(false);
    expect(verify({ fingerprint: 'f'.repeat(32) })).toBe(false);
    expect(verify({ signature: new Uint8Array(64) })).toBe(false);
    snapshot.close();
    await member.close();
  });

  test('stays while it is read, whatever retention lets go', async () => {
    const member = await openNode(newMachine(1));
    await member.put('a', 1);
    const snapshot = await openSnapshot(member);
    for (let at = 0; at < 5; at++) {
      await member.put('a', at);
      await member.checkpoint();
    }
    expect(snapshot.read(0, 8)).toEqual(new TextEncoder().encode('ADASTCKP'));
    const files = () => member.parts.env.fs.list(`${DATA}/checkpoints`).length;
    expect(files()).toBe(3);
    snapshot.close();
    await member.put('a', 9);
    await member.checkpoint();
    expect(files()).toBe(2);
    await member.close();
  });
});

/** `away` comes back and none of what it wrote alone is taken as it is. */
async function returned(): Promise<Pair & { toReauthor: number }> {
  const pair = await parted();
  const { here, member, away } = pair;
  await away.put('own/1', { own: 'again' }, { actor: 'me', reason: 'because', metadata: { n: 1 } });
  const offer = await receiveSnapshot(member, here);
  const origin = laneOf(away).parts.author.originText;
  const firstOriginSeq = laneOf(member).vector.originSeqOf(origin) + 1;
  await away.close();
  const report = await installIn(here, away, offer, { origin, firstOriginSeq });
  return { ...pair, toReauthor: report.toReauthor };
}

describe('authoring again', () => {
  test('writes what still fits, and keeps the rest as dead letters', async () => {
    const { here, member, toReauthor } = await returned();
    expect(toReauthor).toBe(4);
    const { engine, letters, reauthored } = await openAgain(here);
    expect([reauthored, letters.size]).toEqual([3, 1]);
    expect(await engine.get('own/1')).toEqual({ own: 'again' });
    expect(await engine.get('shared/2')).toBeUndefined();
    expect(await engine.get('shared/0')).toBe('by member');
    const [newest] = await historyOf(engine, 'own/1');
    expect(newest).toMatchObject({ actor: 'me', metadata: { n: 1 } });
    expect(newest?.reason).toContain('because (authored again, first as ');
    const [letter] = await deadLetters(engine, letters);
    expect(letter?.keys).toEqual([
      { key: 'shared/0', kind: 'put', value: 'by away', current: 'by member' },
    ]);
    await engine.close();
    // They are there after a restart, and nothing is written a second time.
    const again = await openAgain(here);
    expect([again.reauthored, again.letters.size]).toEqual([3, 1]);
    const receipt = await retryDeadLetter(again.engine, again.letters, letter?.id as string);
    expect(receipt?.changed).toBe(true);
    expect(await again.engine.get('shared/0')).toBe('by away');
    expect(again.letters.size).toBe(0);
    await expect(retryDeadLetter(again.engine, again.letters, 'x')).rejects.toMatchObject({
      code: 'not_found',
    });
    await exchange(again.engine, member);
    await exchange(member, again.engine);
    expect(agreement(member)).toEqual(agreement(again.engine));
    await again.engine.close();
    await member.close();
  });

  test('brings the holder of a lost branch to the one that stays', async () => {
    const { here, member, away } = await parted();
    await away.close();
    const open = (): Promise<Engine> =>
      openNode({ ...newMachine(77), fs: here.fs.crash({ mode: 'keep-all' }) });
    const first = await open();
    await first.put('twin', 'stays');
    await exchange(first, member);
    const second = await open();
    await second.put('twin', 'does not stay');
    await second.put('other', 'of the lost branch');
    const { vector, parts } = laneOf(member);
    const origin = laneOf(second).parts.author.originText;
    const { originSeq, digest } = parts.vector.entries().find(([name]) => name === origin)?.[1] ?? {
      originSeq: 0,
      digest: new Uint8Array(32),
    };
    expect(originSeq).toBeGreaterThan(0);
    expect(branchHeld(first.parts.log, { origin, originSeq, digest })).toBe('kept');
    const lost = branchHeld(second.parts.log, { origin, originSeq, digest });
    expect(lost).toEqual({ origin, firstOriginSeq: 1 });
    const machine = second.parts.env as MemoryEnv;
    const offer = await receiveSnapshot(member, machine);
    expect(offer.vector.equals(vector)).toBe(true);
    await second.close();
    const report = await installIn(machine, second, offer, lost as never);
    expect(report.toReauthor).toBe(2);
    const { engine, letters, reauthored } = await openAgain(machineOn(machine.fs));
    expect([reauthored, letters.size]).toEqual([1, 1]);
    expect(await engine.get('twin')).toBe('stays');
    expect(await engine.get('other')).toBe('of the lost branch');
    await exchange(engine, member);
    expect(agreement(member)).toEqual(agreement(engine));
    expect(chainsOf([engine, member]).twice).toEqual([]);
    for (const one of [first, engine, member]) await one.close();
  });

  test('is what a closed member does that was admitted again', async () => {
    const { here, member, away } = await parted();
    const { fingerprint, publicKey, nodeId } = away.parts.identity;
    await member.closeMember(fingerprint, { force: true });
    const kinds = new Set((await exchange(away, member)).map(({ kind }) => kind));
    expect(kinds).toContain('refused');
    await admitMember(laneOf(member), { fingerprint, publicKey, nodeId, role: 'write' });
    const offer = await receiveSnapshot(member, here);
    await away.close();
    const report = await installIn(here, away, offer);
    expect(report.leftOut.map(({ reason }) => reason.slice(0, 7))).toContain('refused');
    expect(report).toMatchObject({ toReauthor: 3, keptCommits: 0 });
    const { engine, letters, reauthored } = await openAgain(here);
    expect([reauthored, letters.size]).toEqual([2, 1]);
    expect(await engine.get('own/1')).toEqual({ own: 1 });
    await exchange(engine, member);
    expect(agreement(member)).toEqual(agreement(engine));
    await engine.close();
    await member.close();
  });

  test('a dead letter can be dropped', async () => {
    const { here, member } = await returned();
    const { engine, letters } = await openAgain(here);
    const [letter] = await deadLetters(engine, letters);
    const id = letter?.id as string;
    expect(await retryDeadLetter(engine, letters, id, { drop: true })).toBeUndefined();
    expect(await deadLetters(engine, letters)).toEqual([]);
    expect(await engine.get('shared/0')).toBe('by member');
    await engine.close();
    await member.close();
  });
});

async function historyOf(engine: Engine, key: string) {
  const entries = [];
  try {
    for await (const entry of engine.history(key)) entries.push(entry);
  } catch {
    // Below the base it is truncated.
  }
  return entries;
}

describe('a clock that ran ahead', () => {
  test('is repaired: what nobody took gets stamps of now', async () => {
    const member = await openNode(newMachine(1));
    const here = newMachine(2);
    const node = await joinNode(here, member);
    await node.put('a', 'in time');
    await exchange(node, member);
    here.clock.jumpWall(YEAR_MS);
    await node.put('a', 'ahead');
    await node.put('b', 'ahead too');
    here.clock.jumpWall(-YEAR_MS);
    await node.put('c', 'still ahead');
    const taken = laneOf(member).vector.copy();
    await node.close();
    const repaired = await repairClock(here, node, taken, MINUTE_MS);
    expect(repaired).toMatchObject({ toReauthor: 3 });
    const { engine, letters, reauthored } = await openAgain(here);
    expect([reauthored, letters.size]).toEqual([3, 0]);
    const now = here.clock.wallMs();
    for (const key of ['a', 'b', 'c']) {
      const [entry] = await historyOf(engine, key);
      expect(Math.abs((entry?.timeMs as number) - now)).toBeLessThan(MINUTE_MS);
    }
    expect(await engine.get('a')).toBe('ahead');
    await exchange(engine, member);
    expect(agreement(member)).toEqual(agreement(engine));
    await engine.close();
    expect(await repairClock(here, node, laneOf(member).vector.copy(), MINUTE_MS)).toBeUndefined();
    await member.close();
  });

  test('is repaired on the founder too, and what was in time stays as it was', async () => {
    const here = newMachine(1);
    const node = await openNode(here);
    const { stamp } = await node.put('in time', 1);
    here.clock.jumpWall(YEAR_MS);
    await node.put('ahead', 1);
    await node.put('in time', 2);
    here.clock.jumpWall(-YEAR_MS);
    await node.close();
    expect(await repairClock(here, node, new Vector(), MINUTE_MS)).toMatchObject({ toReauthor: 2 });
    const { engine, letters, reauthored } = await openAgain(here);
    expect([reauthored, letters.size]).toEqual([2, 0]);
    const entries = await historyOf(engine, 'in time');
    expect(entries.map(({ value }) => value)).toEqual([2, 1]);
    expect(entries[1]?.stamp).toBe(stamp);
    expect(replayVerify(here, DATA)).toMatchObject({ matches: true });
    await engine.close();
  });

  test('cannot be where a member has taken a commit of it', async () => {
    const member = await openNode(newMachine(1));
    const here = newMachine(2);
    const node = await joinNode(here, member);
    here.clock.jumpWall(YEAR_MS);
    await node.put('a', 'ahead');
    await exchange(node, member);
    here.clock.jumpWall(-YEAR_MS);
    const before = agreement(node);
    await node.close();
    const taken = laneOf(member).vector.copy();
    await expect(repairClock(here, node, taken, MINUTE_MS)).rejects.toMatchObject({
      code: 'condition_failed',
    });
    const engine = await openNode(here);
    expect(agreement(engine)).toEqual(before);
    await engine.close();
    await member.close();
  });
});

test('which branch of a fork a log holds', async () => {
  const node = await openNode(newMachine(1));
  await node.put('a', 1);
  await node.put('a', 2);
  const { log } = node.parts;
  const lane = laneOf(node);
  const origin = lane.parts.author.originText;
  const originSeq = lane.vector.originSeqOf(origin);
  const digest = lane.vector.digestOf(origin);
  expect(branchHeld(log, { origin, originSeq, digest })).toBe('kept');
  expect(branchHeld(log, { origin, originSeq: originSeq + 1, digest })).toBe('behind');
  const other = new Uint8Array(32);
  const lost = { origin, firstOriginSeq: originSeq };
  expect(branchHeld(log, { origin, originSeq, digest: other })).toEqual(lost);
  await node.close();
});

const MODES: readonly CrashMode[] = ['kill', 'lose-unsynced', 'keep-all', 'torn', 'torn-any'];

/** Does `work` until the power goes; whether it did. */
async function cutOff(env: MemoryEnv, work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return false;
  } catch (error) {
    if (error instanceof Frozen || env.fs.isFrozen) return true;
    throw error;
  }
}

/** Commits of `own/…` and `shared/0` with their reasons: what must be there exactly once. */
async function outcomeOf(env: MemoryEnv): Promise<unknown> {
  const { engine, letters } = await openAgain(env);
  const { parts } = engine;
  const seen: string[] = [];
  for await (const { events, reason } of engine.changes({
    from: parts.log.baseSeq + 1,
    live: false,
  })) {
    seen.push(`${events.map(({ key, kind }) => `${kind} ${key}`).join()} ${reason ?? ''}`);
  }
  const waiting = (await deadLetters(engine, letters)).map(({ keys }) => keys);
  const state = engine.parts.replica.storage.contentHash();
  const left = parts.env.fs.list(DATA).filter((name) => /repair|\.tmp|\.new|reauthor/.test(name));
  const twice = chainsOf([engine]).twice;
  await engine.close();
  return { seen, waiting, state, left, twice };
}

describe('the power goes', () => {
  test('while a snapshot is installed: the old state whole or the new one', async () => {
    const { here, member, away } = await parted();
    const offer = await receiveSnapshot(member, here);
    const origin = laneOf(away).parts.author.originText;
    const firstOriginSeq = laneOf(member).vector.originSeqOf(origin) + 1;
    const lost = { origin, firstOriginSeq };
    const before = agreement(away).content;
    await away.close();
    await member.close();
    const start = machineOn(here.fs.crash({ mode: 'keep-all' }));
    const whole = machineOn(start.fs.crash({ mode: 'kill' }));
    const operationsBefore = whole.fs.operationCount;
    await installIn(whole, away, offer, lost);
    const operations = whole.fs.operationCount - operationsBefore;
    const expected = await outcomeOf(whole);
    expect(operations).toBeGreaterThan(40);
    const prng = new Prng(7);
    const step = figure({ short: 3, long: 1 });
    let old = 0;
    for (let at = 0; at < operations; at += step) {
      const mode = MODES[at % MODES.length] as CrashMode;
      const env = machineOn(start.fs.crash({ mode: 'kill', fileSystem: { freezeAfter: at } }));
      expect(await cutOff(env, () => installIn(env, away, offer, lost))).toBe(true);
      const fileSystem = { freezeAfter: Number.POSITIVE_INFINITY };
      const after = machineOn(env.fs.crash({ mode, rng: prng.fork(), fileSystem }));
      const engine = await openNode(after);
      const isOld = agreement(engine).content === before;
      await engine.close();
      if (isOld) {
        old++;
        await installIn(after, away, offer, lost);
      }
      expect(await outcomeOf(after), `operation ${at}, ${mode}`).toEqual(expected);
    }
    expect(old).toBeGreaterThan(3);
    expect(old).toBeLessThan(operations / step);
  });

  test('while commits are authored again: none is lost, none comes twice', async () => {
    const { here, member } = await returned();
    await member.close();
    const start = machineOn(here.fs.crash({ mode: 'keep-all' }));
    const whole = machineOn(start.fs.crash({ mode: 'kill' }));
    const operationsBefore = whole.fs.operationCount;
    const expected = await outcomeOf(whole);
    const operations = whole.fs.operationCount - operationsBefore;
    const prng = new Prng(11);
    for (let at = 0; at < operations; at += figure({ short: 2, long: 1 })) {
      const mode = MODES[at % MODES.length] as CrashMode;
      const env = machineOn(start.fs.crash({ mode: 'kill', fileSystem: { freezeAfter: at } }));
      await cutOff(env, () => outcomeOf(env));
      const fileSystem = { freezeAfter: Number.POSITIVE_INFINITY };
      const after = machineOn(env.fs.crash({ mode, rng: prng.fork(), fileSystem }));
      expect(await outcomeOf(after), `operation ${at}, ${mode}`).toEqual(expected);
    }
  });
});
