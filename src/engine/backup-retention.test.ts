import { expect, test } from 'vitest';
import { collect } from '../../test/support/collect.ts';
import { admitMember } from '../store/transactions/index.ts';
import {
  exchange,
  laneOf,
  newMachine,
  NODE_DIRECTORY,
  openNode,
} from '../../test/support/memory-node.ts';
import { AdastraError } from '../core/index.ts';
import type { MemoryEnv } from '../env/memory/index.ts';
import { restoreBackup } from './backup.ts';
import type { Engine } from './engine.ts';
import { openEngine } from './open-engine.ts';
import { type RetentionOptions, resolveOptions } from './options.ts';
import { stateAt } from './state-at.ts';

async function codeOf(call: Promise<unknown> | (() => unknown)): Promise<string> {
  try {
    await (typeof call === 'function' ? call() : call);
  } catch (error) {
    if (AdastraError.is(error)) return error.code;
    throw error;
  }
  return 'none';
}

function openAt(env: MemoryEnv, dataDir: string, identityDir?: string): Promise<Engine> {
  return openEngine(env, dataDir, resolveOptions({ dataDir, identityDir }), { create: false });
}

test('a backup of a running node restores to equal data under another name', async () => {
  const env = newMachine();
  const engine = await openNode(env, { nodeId: 'original' });
  for (let index = 0; index < 50; index++) await engine.put(`k${index}`, index);
  await engine.checkpoint();
  await engine.put('late', 1);
  const writing = Array.from({ length: 200 }, (_, index) => engine.put(`during/${index}`, index));
  const report = await engine.backup('/backups/one');
  await Promise.all(writing);
  expect(report.seq).toBeGreaterThanOrEqual(52);
  expect(env.fs.stat('/backups/one/identity')).toBeUndefined();
  const restored = await restoreBackup(env, '/backups/one', '/data/copy', { nodeId: 'copy' });
  expect(restored.nodeId).toBe('copy');
  const copy = await openAt(env, '/data/copy');
  expect(copy.seq).toBeGreaterThanOrEqual(report.seq);
  const then = stateAt(env, NODE_DIRECTORY, copy.seq, {
    limits: engine.parts.limits,
    headSeq: engine.seq,
    baseSeq: 0,
  });
  expect([...copy.reads.list()]).toEqual([...then.list()]);
  expect(copy.parts.identity.fingerprint).not.toBe(engine.parts.identity.fingerprint);
  // Another key is nobody in this world until an admin lets it in.
  await expect(copy.put('k', 1)).rejects.toMatchObject({ code: 'forbidden' });
  const { fingerprint, publicKey, nodeId } = copy.parts.identity;
  await admitMember(laneOf(engine), { fingerprint, publicKey, nodeId, role: 'write' });
  await exchange(engine, copy);
  const { origin } = await copy.put('k', 1);
  expect(origin).not.toBe((await engine.put('k', 1)).origin);
  await copy.close();
});

test('a backup of a quiet node has equal hashes', async () => {
  const env = newMachine();
  const engine = await openNode(env);
  await engine.put('k', [1]);
  await engine.remove('k');
  await engine.put('l', 2);
  await engine.backup('/backups/one');
  await restoreBackup(env, '/backups/one', '/data/copy');
  const copy = await openAt(env, '/data/copy');
  expect(await copy.hashes()).toEqual(await engine.hashes());
});

test('a key in identityDir is kept, and the incarnation is still another', async () => {
  const env = newMachine();
  const identityDir = '/keys';
  const engine = await openNode(env, { identityDir, nodeId: 'kept' });
  const { origin } = await engine.put('k', 1);
  await engine.backup('/backups/one');
  await engine.put('k', 'not in the backup');
  await engine.close();
  const restored = await restoreBackup(env, '/backups/one', '/data/copy', { identityDir });
  expect(restored.nodeId).toBe('kept');
  const copy = await openAt(env, '/data/copy', identityDir);
  expect(copy.parts.identity.nodeId).toBe('kept');
  const receipt = await copy.put('k', 2);
  expect(receipt.origin).not.toBe(origin);
  expect(receipt.origin.slice(0, 32)).toBe(origin.slice(0, 32));
  expect(laneOf(copy).parts.author.predecessor).toMatchObject({ origin, lastOriginSeq: 1 });
});

test('a damaged backup is refused, and nothing is left behind', async () => {
  const env = newMachine();
  const engine = await openNode(env);
  for (let index = 0; index < 10; index++) await engine.put(`k${index}`, index);
  await engine.backup('/backups/one');
  expect(await codeOf(engine.backup('/backups/one'))).toBe('already_exists');
  env.fs.flipBit('/backups/one/log/00000001.log', 700, 2);
  expect(await codeOf(restoreBackup(env, '/backups/one', '/data/copy'))).toBe('backup_invalid');
  expect(env.fs.stat('/data/copy')).toBeUndefined();
  expect(await codeOf(restoreBackup(env, '/backups/none', '/data/copy'))).toBe('backup_invalid');
  expect(await codeOf(restoreBackup(env, '/data/node', '/data/copy'))).toBe('backup_invalid');
  await engine.backup('/backups/two');
  expect(await codeOf(restoreBackup(env, '/backups/two', NODE_DIRECTORY))).toBe('already_exists');
  env.fs.setOnOperation(({ kind, path }) =>
    kind === 'write' && path.includes('three') ? { error: 'ENOSPC' } : undefined,
  );
  expect(await codeOf(engine.backup('/backups/three'))).toBe('disk_full');
  env.fs.setOnOperation(undefined);
  expect(env.fs.list('/backups')).toEqual(['one', 'two']);
});

const LIMITS = { valueBytesMax: 4096, commitBytesMax: 16_384, segmentBytes: 16_384 };

/** A node whose log has many segments, checkpointed so often that retention can do its work. */
async function longNode(env: MemoryEnv, retention: RetentionOptions): Promise<Engine> {
  const engine = await openNode(env, { limits: LIMITS, retention, checkpointBytes: 0 });
  for (let round = 0; round < 6; round++) {
    for (let index = 0; index < 20; index++)
      await engine.put(`k${index}`, 'x'.repeat(1000) + round);
    env.clock.advance(60_000);
    await engine.checkpoint();
  }
  return engine;
}

test('by default nothing is let go, and two checkpoints are kept', async () => {
  const engine = await longNode(newMachine(), {});
  const { wal } = await engine.status();
  expect([wal.baseSeq, wal.checkpoints.length]).toEqual([0, 2]);
  expect(wal.segments).toBeGreaterThan(5);
});

test.each([
  ['commits', { commits: 30 }],
  ['bytes', { bytes: 40_000 }],
  ['age', { ageMs: 150_000 }],
])('retention by %s lets go what is below, and says so', async (_, retention) => {
  const env = newMachine();
  const engine = await longNode(env, retention);
  const { wal, stateHash } = await engine.status();
  expect(wal.baseSeq).toBeGreaterThan(20);
  expect(wal.baseSeq).toBeLessThanOrEqual(wal.checkpoints.at(-1)?.seq as number);
  if ('commits' in retention) expect(wal.baseSeq).toBeLessThanOrEqual(wal.headSeq - 30);
  if ('bytes' in retention) expect(wal.bytes).toBeGreaterThanOrEqual(40_000);
  if ('ageMs' in retention) {
    const [oldest] = await collect(engine.changes({ from: wal.baseSeq + 1, live: false }));
    expect(env.clock.wallMs() - (oldest?.timeMs ?? 0)).toBeGreaterThanOrEqual(100_000);
  }
  const truncated = 'history_truncated';
  expect(await codeOf(collect(engine.changes({ from: 2, live: false })))).toBe(truncated);
  expect(await codeOf(collect(engine.history('k1')))).toBe(truncated);
  expect(await codeOf(engine.revert(2, { reason: 'r' }))).toBe(truncated);
  const bounds = { limits: engine.parts.limits, headSeq: engine.seq, baseSeq: wal.baseSeq };
  const at = (seq: number) => (): unknown => stateAt(env, NODE_DIRECTORY, seq, bounds).count();
  expect(await codeOf(at(5))).toBe(truncated);
  const oldest = wal.checkpoints.at(-1)?.seq as number;
  expect(await codeOf(at(oldest - 1))).toBe(truncated);
  expect(stateAt(env, NODE_DIRECTORY, oldest, bounds).count()).toBe(20);
  await engine.close();
  const again = await openNode(env, { limits: LIMITS });
  expect(await again.hashes()).toMatchObject({ stateHash });
  expect(again.recovery.checkpointSeq).toBeGreaterThan(wal.baseSeq);
  await again.put('after', 1);
  expect((await again.verify()).ok).toBe(true);
});

test('a node without a usable checkpoint above its base does not open on half a state', async () => {
  const env = newMachine();
  const engine = await longNode(env, { commits: 30 });
  await engine.close();
  const directory = `${NODE_DIRECTORY}/checkpoints`;
  for (const name of env.fs.list(directory)) env.fs.flipBit(`${directory}/${name}`, 400, 1);
  expect(await codeOf(openNode(env, { limits: LIMITS }))).toBe('checkpoint_damaged');
});

test('one damaged checkpoint is passed over for the other', async () => {
  const env = newMachine();
  const engine = await longNode(env, {});
  const { stateHash } = await engine.hashes();
  await engine.close();
  const directory = `${NODE_DIRECTORY}/checkpoints`;
  env.fs.flipBit(`${directory}/${env.fs.list(directory).at(-1)}`, 400, 1);
  const again = await openNode(env, { limits: LIMITS });
  expect(again.recovery.rejectedCheckpoints).toHaveLength(1);
  expect(await again.hashes()).toMatchObject({ stateHash });
});
