/**
 * Two processes and one directory: who holds it is told, a killed holder frees it at once, a
 * stopped one does not, and a reader beside a writer sees what is durable and nothing else.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import { Client } from '../../src/client/index.ts';
import { runAdastra } from '../support/adastra-process.ts';
import { ours } from '../support/damaged-node.ts';
import { testFolder } from '../support/folder.ts';
import { figure, TIMEOUT_MS } from '../support/long.ts';
import { acknowledged, type Child, type ChildCall, startChild } from '../support/node-child.ts';

vi.setConfig({ testTimeout: TIMEOUT_MS });

function started(call: ChildCall): Child {
  const child = startChild(call);
  onTestFinished(() => void child.process.kill('SIGKILL'));
  return child;
}

test('the second process gets locked with the pid, as an error and on the command line', async () => {
  const folder = testFolder('locked');
  const dataDir = join(folder, 'node');
  const holder = started({ script: 'hold', dataDir, count: 1 });
  await holder.line('holding');
  const { pid } = holder.process;
  const refusal = await ours(() => Client.open({ dataDir }));
  expect(refusal).toMatchObject({
    code: 'locked',
    message: expect.stringContaining(String(pid)),
    details: { holder: { pid } },
  });
  const put = await runAdastra(folder, ['store', 'put', 'a', '1', '--data', dataDir, '--json']);
  expect(put.code).toBe(6);
  expect(`${put.out}${put.err}`).toContain(String(pid));
  // kill -9 frees it at once: no file is to be removed, nothing to be waited for.
  holder.process.kill('SIGKILL');
  await holder.ended;
  const client = await Client.open({ dataDir });
  expect(client.count({ prefix: 'k/' })).toBe(1);
  await client.close();
});

test('many that open at the same moment: one gets it', async () => {
  const dataDir = join(testFolder('race'), 'node');
  await (await Client.open({ dataDir })).close();
  const racers = Array.from({ length: figure({ short: 4, long: 16 }) }, () =>
    started({ script: 'hold', dataDir, count: 1 }),
  );
  const first = async (child: Child): Promise<string> =>
    Promise.race([child.line('holding'), child.line('failed').then((line) => line.slice(0, 13))]);
  const said = await Promise.all(racers.map(first));
  expect(said.filter((line) => line === 'holding')).toHaveLength(1);
  expect(new Set(said)).toEqual(new Set(['holding', 'failed locked']));
});

test('a stopped holder still holds, and goes on where it was', async () => {
  const dataDir = join(testFolder('stopped'), 'node');
  const holder = started({ script: 'endless', dataDir });
  await holder.line('ack 20');
  holder.process.kill('SIGSTOP');
  await sleep(100);
  const { pid } = holder.process;
  expect(await ours(() => Client.open({ dataDir }))).toMatchObject({
    code: 'locked',
    details: { holder: { pid } },
  });
  const reader = await Client.open({ dataDir, readOnly: true });
  expect(reader.count({ prefix: 'k/' })).toBeGreaterThanOrEqual(20);
  await reader.close();
  const before = acknowledged(holder.lines()).length;
  holder.process.kill('SIGCONT');
  await holder.line(`ack ${before + 20}`);
});

test('a reader beside a writer sees a prefix: all that was durable a moment ago, nothing beyond', async () => {
  const dataDir = join(testFolder('reader'), 'node');
  const writer = started({ script: 'endless', dataDir });
  await writer.line('ack 10');
  for (let look = 0; look < figure({ short: 20, long: 300 }); look++) {
    const before = acknowledged(writer.lines()).length;
    const reader = await Client.open({ dataDir, readOnly: true });
    const keys = [...reader.keys({ prefix: 'k/' })].map((key) => Number(key.slice(2)));
    expect(await ours(() => reader.put('k/x', 1))).toMatchObject({ code: 'read_only' });
    await reader.close();
    expect(keys).toEqual(Array.from(keys, (_, index) => index));
    // The mark of the newest batch stands in the one behind it.
    expect(keys.length).toBeGreaterThanOrEqual(before - 1);
    await sleep(5);
    const submitted = acknowledged(writer.lines()).length + 1;
    expect(keys.length).toBeLessThanOrEqual(Math.max(submitted, before + 1));
  }
});

test('what a writer at level os has not synced, a reader does not see', async () => {
  const dataDir = join(testFolder('reader'), 'node');
  const writer = started({ script: 'hold', dataDir, count: 30, options: { durability: 'os' } });
  await writer.line('holding');
  const seen = async (): Promise<number> => {
    const reader = await Client.open({ dataDir, readOnly: true });
    const count = reader.count({ prefix: 'k/' });
    await reader.close();
    return count;
  };
  expect(acknowledged(writer.lines())).toHaveLength(30);
  expect(await seen()).toBe(0);
  writer.process.stdin?.write('flush\n');
  await writer.line('flushed');
  await sleep(400);
  expect(await seen()).toBe(30);
});
