/**
 * `log repair` on real damaged directories: what it says is lost, that the node opens behind it,
 * that nothing was spliced, that new writes are kept and verification passes. And reading what is
 * good without repairing.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import {
  Client,
  initNode,
  repairLog,
  replayVerify,
  verifyDirectory,
} from '../../src/client/index.ts';
import { runAdastra } from '../support/adastra-process.ts';
import { closedNode, commitsOf, ours, SMALL_LIMITS } from '../support/damaged-node.ts';
import { fileOf, pathsIn, testFolder, withFile, withFlip, writeImage } from '../support/folder.ts';
import { TIMEOUT_MS } from '../support/long.ts';

vi.setConfig({ testTimeout: TIMEOUT_MS });

async function damaged(folder: string, checkpoints: readonly number[]) {
  const node = await closedNode(join(folder, 'whole'), { puts: 300, checkpoints });
  const path = pathsIn(node.image, 'log')[4] as string;
  const image = withFlip(node.image, path, fileOf(node.image, path).length >> 1, 16);
  const dataDir = join(folder, 'damaged');
  writeImage(dataDir, image);
  return { node, dataDir, options: { dataDir, limits: SMALL_LIMITS, checkpointBytes: 0 } };
}

describe.each([
  ['without a checkpoint', [], 'prefix'],
  ['with a checkpoint before the damage', [50], 'prefix'],
  ['with checkpoints on both sides of the damage', [50, 290], 'checkpoint'],
  ['with checkpoints behind the damage only', [270, 290], 'checkpoint'],
] as const)('%s', (_name, checkpoints, source) => {
  test('repair keeps what can be proved, and all is well behind it', async () => {
    const { node, dataDir, options } = await damaged(testFolder('repair'), checkpoints);
    const report = await repairLog(dataDir);
    expect(report).toMatchObject({
      source,
      bad: { file: '00000005.log', offset: expect.any(Number) },
    });
    for (const { file } of report.setAside) expect(existsSync(file), file).toBe(true);
    const client = await Client.open(options);
    const { seq, contentHash } = await client.hashes();
    expect(seq).toBe(report.headSeq);
    if (source === 'prefix') {
      expect(report.lost).toEqual({ fromSeq: report.lastGoodSeq + 1, throughSeq: node.seq });
      // Nothing spliced: exactly the commits before the damage.
      expect(await commitsOf(client)).toEqual(node.commits.slice(0, report.lastGoodSeq));
    } else {
      // The checkpoint holds what the damaged place held: only history is gone.
      expect(report.lost).toBeUndefined();
      expect(contentHash).toBe(node.contentHash);
      expect(await ours(() => commitsOf(client))).toMatchObject({ code: 'history_truncated' });
    }
    for (let index = 0; index < 20; index++) await client.put(`new/${index}`, index);
    await client.checkpoint();
    await client.close();
    const again = await Client.open(options);
    expect(again.count({ prefix: 'new/' })).toBe(20);
    await again.close();
    expect(await verifyDirectory(dataDir)).toMatchObject({ ok: true, problems: [] });
    expect(await replayVerify(dataDir)).toMatchObject({ matches: true });
  });
});

test('a log that ends below its checkpoint, each byte good, is repaired out of the checkpoint', async () => {
  const folder = testFolder('older');
  const node = await closedNode(join(folder, 'whole'), { puts: 300, checkpoints: [300] });
  const segments = pathsIn(node.image, 'log');
  const image = withFile(node.image, segments.at(-1) as string, undefined);
  const dataDir = join(folder, 'damaged');
  writeImage(dataDir, image);
  const options = { dataDir, limits: SMALL_LIMITS };
  expect(await ours(() => Client.open(options))).toMatchObject({ code: 'log_damaged' });
  expect(await repairLog(dataDir)).toMatchObject({ source: 'checkpoint', lost: undefined });
  const client = await Client.open(options);
  expect((await client.hashes()).contentHash).toBe(node.contentHash);
  await client.close();
});

test("onDamage: 'readOnly' shows what is before the damage and writes nothing", async () => {
  const { node, dataDir, options } = await damaged(testFolder('readonly'), []);
  const refusal = await ours(() => Client.open(options));
  expect(refusal).toMatchObject({
    code: 'log_damaged',
    hint: expect.stringContaining('adastra log repair'),
    details: { file: '00000005.log', offset: expect.any(Number), reason: expect.any(String) },
  });
  const client = await Client.open({ ...options, onDamage: 'readOnly' });
  const { seq } = await client.hashes();
  expect(seq).toBe((refusal as { details?: Record<string, unknown> }).details?.['lastGoodSeq']);
  expect(await commitsOf(client)).toEqual(node.commits.slice(0, seq));
  expect((await client.status()).health).toBe('damaged');
  expect(await ours(() => client.put('k/1', 1))).toMatchObject({ code: 'read_only' });
  await client.close();
  // The lock was not kept, and nothing was changed: it is as damaged as before.
  expect(await ours(() => Client.open(options))).toMatchObject({ code: 'log_damaged' });
  expect((await verifyDirectory(dataDir)).ok).toBe(false);
});

test('on the command line: verify is 5 and names the place, repair asks for --yes, then all is good', async () => {
  const folder = testFolder('program');
  const { dataDir } = await damaged(folder, []);
  const run = (...argv: string[]) => runAdastra(folder, [...argv, '--json', '--data', dataDir]);
  const verify = await run('log', 'verify');
  expect([verify.code, verify.out]).toEqual([5, expect.stringContaining('00000005.log')]);
  expect((await run('store', 'get', 'k/1')).code).toBe(5);
  expect((await run('log', 'repair')).code).toBe(2);
  const repair = await run('log', 'repair', '--yes');
  expect([repair.code, repair.out]).toEqual([0, expect.stringContaining('"lost"')]);
  expect((await run('log', 'verify')).code).toBe(0);
  expect((await run('store', 'get', 'k/1')).code).toBe(0);
  expect((await run('log', 'repair', '--yes')).code).toBe(4);
});

test('a log without damage is not repaired', async () => {
  const folder = testFolder('good');
  await initNode(join(folder, 'node'));
  expect(await ours(() => repairLog(join(folder, 'node')))).toMatchObject({
    code: 'condition_failed',
  });
});
