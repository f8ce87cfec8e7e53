/**
 * The same directory replayed under two majors of Node gives the same hashes. The newer one comes
 * from npm (`node@22`); where it is neither cached nor to be had, the test is skipped.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Client } from '../../src/client/index.ts';
import { ADASTRA } from '../support/adastra-process.ts';
import { testFolder } from '../support/folder.ts';
import { figure, TIMEOUT_MS } from '../support/long.ts';
import { NEWER_NODE_COMMAND, newerNode } from '../support/newer-node.ts';
import { skipFor } from '../support/skip.ts';

interface Replayed {
  readonly stateHash: string;
  readonly contentHash: string;
  readonly matches: boolean;
  readonly seq: number;
}

function replay(node: string, dataDir: string): Replayed {
  const argv = [ADASTRA, 'replay', '--verify', '--json', '--data', dataDir];
  const { status, stdout, stderr } = spawnSync(node, argv, { encoding: 'utf8' });
  expect(status, stderr).toBe(0);
  return JSON.parse(stdout) as Replayed;
}

test(
  'replay --verify on two majors of Node: one state hash',
  async (context) => {
    const newer = newerNode() ?? skipFor(context, NEWER_NODE_COMMAND);
    const dataDir = join(testFolder('majors'), 'node');
    const client = await Client.open({ dataDir });
    const values = [0.1, 1e300, -0, 5e-324, 2 ** 53, 'ä\u{1F600}', 12n ** 40n, new Date(0), [], {}];
    for (let index = 0; index < figure({ short: 500, long: 20_000 }); index++) {
      await client.put(`k/${index % 400}`, { value: values[index % values.length], index });
      if (index % 7 === 0) await client.remove(`k/${(index * 3) % 400}`);
      if (index === 250) await client.checkpoint();
    }
    const { stateHash, contentHash, seq } = await client.hashes();
    await client.close();
    const expected = { stateHash, contentHash, seq, matches: true };
    expect(replay(process.execPath, dataDir)).toMatchObject(expected);
    expect(replay(newer, dataDir)).toMatchObject(expected);
    const version = spawnSync(newer, ['--version'], { encoding: 'utf8' }).stdout.trim();
    expect(version.split('.')[0]).not.toBe(process.version.split('.')[0]);
    console.info(`${process.version} and ${version}: ${stateHash}`);
  },
  TIMEOUT_MS,
);
