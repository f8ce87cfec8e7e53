import { expect, test } from 'vitest';
import { newMachine, NODE_DIRECTORY, openNode } from '../../test/support/memory-node.ts';
import { resolveOptions } from './options.ts';
import { openEngine } from './open-engine.ts';
import { restoreAnew } from './restore-anew.ts';
import { restoreBackup } from './backup.ts';

const TARGET = '/data/restored';
const OPTIONS = resolveOptions({ dataDir: TARGET });

test('a backup whose only admin is lost becomes a world of its own that can be written to', async () => {
  const env = newMachine();
  const node = await openNode(env);
  await node.setPolicy('a/', { policy: 'merge-fields' });
  for (let index = 0; index < 2500; index++) await node.put(`a/${index}`, { index });
  await node.put('bytes', new Uint8Array([1, 2, 3]));
  await node.put('when', new Date(5));
  await node.remove('a/7');
  await node.backup('/data/backup');
  const { contentHash } = await node.hashes();
  const { worldId } = await node.nodeInfo();
  await node.close();

  // In the same world it is nobody: the key that could admit it is gone.
  await restoreBackup(env, '/data/backup', '/data/same-world');
  const same = await openEngine(env, '/data/same-world', OPTIONS, { create: false });
  await expect(same.put('k', 1)).rejects.toMatchObject({ code: 'forbidden' });
  await same.close();

  const report = await restoreAnew(env, '/data/backup', TARGET, OPTIONS);
  expect(report).toMatchObject({ keys: 2501, conflicts: 0, fromWorldId: worldId });
  const anew = await openEngine(env, TARGET, OPTIONS, { create: false });
  expect((await anew.hashes()).contentHash).toBe(contentHash);
  expect((await anew.nodeInfo()).worldId).not.toBe(worldId);
  expect(await anew.policies()).toEqual([{ prefix: 'a/', policy: 'merge-fields' }]);
  await anew.put('k', 1);
  for await (const { reason } of anew.history('a/8')) expect(reason).toContain(worldId);
  await anew.close();
});

test('what is no backup, or would be overwritten, is refused and nothing is left', async () => {
  const env = newMachine();
  const node = await openNode(env);
  await node.backup('/data/backup');
  await node.close();
  await expect(restoreAnew(env, '/data/nothing', TARGET, OPTIONS)).rejects.toMatchObject({
    code: 'backup_invalid',
  });
  await expect(restoreAnew(env, '/data/backup', NODE_DIRECTORY, OPTIONS)).rejects.toMatchObject({
    code: 'already_exists',
  });
  expect(env.fs.list('/data')).toEqual(['backup', 'node']);
});
