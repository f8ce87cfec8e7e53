/** `npm start` as a process: what stays up behind the tour, and who reaches it. */
import { type IPty, spawn as spawnPty } from '@lydell/node-pty';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { runAdastra } from '../support/adastra-process.ts';
import { testFolder } from '../support/folder.ts';
import { TIMEOUT_MS } from '../support/long.ts';
import { ROOT } from '../support/repository.ts';

vi.setConfig({ testTimeout: Math.max(TIMEOUT_MS, 60_000) });

const SCRIPT = join(ROOT, 'scripts/start.mjs');

/** A folder with a node that has a key of its own, so that no places are loaded into it. */
async function smallFolder(): Promise<string> {
  const folder = testFolder('tour');
  await runAdastra(folder, ['init', '--node-id', 'first']);
  await runAdastra(folder, ['store', 'put', 'mine', '1']);
  return folder;
}

function environment(): Record<string, string> {
  const { ADASTRA_DATA: _data, ...rest } = process.env;
  return { ...(rest as Record<string, string>), NO_COLOR: '1', TERM: 'xterm' };
}

interface Text {
  add(block: string): void;
  /** Waits until `words` were written after what was seen last. */
  see(words: string): Promise<void>;
}

function textOf(): Text {
  let text = '';
  let seen = 0;
  return {
    add: (block) => {
      text += block;
    },
    see: async (words) => {
      const unseen = (): string => text.slice(seen);
      await expect.poll(unseen, { timeout: 30_000, interval: 20 }).toContain(words);
      seen = text.indexOf(words, seen) + words.length;
    },
  };
}

function startTour(folder: string, argv: readonly string[]) {
  const child = spawn(process.execPath, [SCRIPT, ...argv], {
    cwd: folder,
    env: environment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const text = textOf();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (block: string) => text.add(block));
  }
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  return { child, ended, ...text };
}

function startOnTerminal(folder: string): Text & { pty: IPty; exit: Promise<number> } {
  const options = { cwd: folder, cols: 120, rows: 50, env: environment() };
  const pty = spawnPty(process.execPath, [SCRIPT], options);
  onTestFinished(() => pty.kill('SIGKILL'));
  const text = textOf();
  pty.onData((block) => text.add(block));
  const exit = new Promise<number>((resolve) => pty.onExit(({ exitCode }) => resolve(exitCode)));
  return { pty, exit, ...text };
}

async function statusOf(folder: string, argv: readonly string[] = []): Promise<unknown> {
  return JSON.parse((await runAdastra(folder, ['status', '--json', ...argv])).out) as unknown;
}

test.each(['SIGTERM', 'SIGINT'] as const)(
  '--stay serves other processes until %s',
  async (signal) => {
    const folder = await smallFolder();
    const { child, ended, see } = startTour(folder, ['--stay']);
    await see('ready  node first');
    expect(await statusOf(folder)).toMatchObject({
      nodeId: 'first',
      transport: { state: 'running', host: '127.0.0.1' },
    });
    expect((await runAdastra(folder, ['store', 'put', 'from', 'outside'])).code).toBe(0);
    const second = startTour(folder, ['--stay']);
    expect(await second.ended).toBe(6);
    child.kill(signal);
    expect(await ended).toBe(0);
    expect(existsSync(join(folder, 'adastra-data/node.sock'))).toBe(false);
    expect(await statusOf(folder)).toMatchObject({
      transport: { state: 'off' },
      recovery: { cleanClose: true },
    });
    expect((await runAdastra(folder, ['store', 'get', 'from'])).out).toBe('outside\n');
  },
);

test('ends at once where there is neither a terminal nor --stay', async () => {
  const folder = await smallFolder();
  const { ended, see } = startTour(folder, []);
  expect(await ended).toBe(0);
  await see('npx adastra join CODE --data ./other --node-id other');
});

test('on a terminal a second node joins by the printed lines, and both exchange', async () => {
  const folder = await smallFolder();
  const { pty, exit, see } = startOnTerminal(folder);
  await see('adastra> ');
  const { code, out } = await runAdastra(folder, ['invite']);
  expect(code).toBe(0);
  const join_ = ['join', out.trim(), '--data', './other', '--node-id', 'other'];
  expect((await runAdastra(folder, join_)).code).toBe(0);
  const other = spawn(
    process.execPath,
    [join(ROOT, 'dist/cli/main.js'), 'start', '--data', './other'],
    {
      cwd: folder,
      env: environment(),
      stdio: 'ignore',
    },
  );
  onTestFinished(() => void other.kill('SIGKILL'));
  await see('linked with other');
  pty.write('store put hello world\r');
  await see('hello: seq');
  const read = async (): Promise<string> =>
    (await runAdastra(folder, ['store', 'get', 'hello', '--data', './other'])).out;
  await expect.poll(read, { timeout: 20_000 }).toBe('world\n');
  pty.write('disconnect other\r');
  await see('other: disconnected');
  await runAdastra(folder, ['store', 'put', 'hello', 'there', '--data', './other']);
  pty.write('store put hello here\r');
  await see('hello: seq');
  // A line that closes the node: it comes back on its port, and the other one with it.
  pty.write('replay --verify\r');
  await see('verdict');
  pty.write('connect other\r');
  await see('other: connected');
  const conflicts = async (): Promise<string> =>
    (await runAdastra(folder, ['conflicts', 'list', '--data', './other'])).out;
  await expect.poll(conflicts, { timeout: 20_000 }).toContain('2 versions');
  pty.write('conflicts resolve hello --value both\r');
  const hashes = async (): Promise<boolean> => {
    const [here, there] = await Promise.all([
      statusOf(folder),
      statusOf(folder, ['--data', './other']),
    ]);
    const hashOf = (status: unknown): string => (status as { stateHash: string }).stateHash;
    return hashOf(here) === hashOf(there);
  };
  await expect.poll(read, { timeout: 20_000 }).toBe('both\n');
  await expect.poll(hashes, { timeout: 20_000 }).toBe(true);
  // Whoever stops it from elsewhere ends the prompt.
  expect((await runAdastra(folder, ['daemon', 'stop'])).code).toBe(0);
  expect(await exit).toBe(0);
});
