/**
 * `npm run demo` as a process, on fewer places: it tells its story and ends with 0, with 1 where the
 * nodes differ at the end, and leaves neither files nor processes, also at Ctrl-C.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { testFolder } from '../support/folder.ts';
import { figure, TIMEOUT_MS } from '../support/long.ts';
import { ROOT } from '../support/repository.ts';

vi.setConfig({ testTimeout: Math.max(TIMEOUT_MS, 120_000) });

interface Demo {
  readonly child: ChildProcess;
  readonly temporary: string;
  readonly ended: Promise<{ readonly code: number | null; readonly text: string }>;
  see(words: string): Promise<void>;
}

function startDemo(args: readonly string[]): Demo {
  const temporary = testFolder('demo');
  const script = join(ROOT, 'scripts/demo.mjs');
  // Long: all there are.
  const places = ['--places', String(figure({ short: 2_000, long: 1_000_000 }))];
  const child = spawn(process.execPath, [script, ...places, ...args], {
    env: { ...process.env, TMPDIR: temporary, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGTERM'));
  let text = '';
  let look = (): void => {};
  child.stdout.setEncoding('utf8').on('data', (block: string) => {
    text += block;
    look();
  });
  const ended = new Promise<{ code: number | null; text: string }>((resolve) => {
    child.on('close', (code) => resolve({ code, text }));
  });
  const see = (words: string): Promise<void> =>
    new Promise((resolve, reject) => {
      look = () => (text.includes(words) ? resolve() : undefined);
      look();
      void ended.then(() => reject(new Error(`ended before ${words}: ${text}`)));
    });
  return { child, temporary, ended, see };
}

/** Both hashes as the last lines show them. */
function hashesIn(text: string): (string | undefined)[] {
  return ['shop', 'van'].map(
    (node) => new RegExp(`^state hash of ${node} +([0-9a-f]{64})$`, 'm').exec(text)?.[1],
  );
}

function leftIn(folder: string): string[] {
  return readdirSync(folder).filter((name) => name.startsWith('adastra-demo-'));
}

test('two nodes work apart, disagree, meet and are equal', async () => {
  const demo = startDemo([]);
  const { code, text } = await demo.ended;
  expect([code, text]).toEqual([0, expect.stringContaining('Both nodes hold the same state')]);
  const [shop, van] = hashesIn(text);
  expect(shop).toBeDefined();
  expect(van).toBe(shop);
  for (const words of [
    '$ adastra disconnect van --data shop\nvan: disconnected',
    'they differ now',
    '$ adastra store get order/1 --data shop\n{"boxes":12,"town":"Marseille"}',
    'error: no value under "city/FR/Lyon/',
    '2 versions',
    '$ adastra conflicts list --data shop\nno conflicts',
    'out of {"note":"the shop was here","visits":1} by shop and {"note":"the van was here"',
  ]) {
    expect(text).toContain(words);
  }
  expect(leftIn(demo.temporary)).toEqual([]);
});

test('ends with 1 where the nodes differ at the end', async () => {
  const demo = startDemo(['--plant-difference', '--wait', '8']);
  const { code, text } = await demo.ended;
  expect([code, text]).toEqual([1, expect.stringContaining('THE NODES DIFFER')]);
  const [shop, van] = hashesIn(text);
  expect(shop).toBeDefined();
  expect(van).not.toBe(shop);
  expect(leftIn(demo.temporary)).toEqual([]);
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test('leaves nothing behind at Ctrl-C', async () => {
  const demo = startDemo([]);
  await demo.see('ready  node van');
  const [name = ''] = leftIn(demo.temporary);
  const pids = ['shop', 'van'].map((node) => {
    const file = join(demo.temporary, name, node, 'node.json');
    return (JSON.parse(readFileSync(file, 'utf8')) as { pid: number }).pid;
  });
  expect(pids.map(isAlive)).toEqual([true, true]);
  demo.child.kill('SIGINT');
  expect((await demo.ended).code).toBe(130);
  expect(pids.map(isAlive)).toEqual([false, false]);
  expect(existsSync(join(demo.temporary, name))).toBe(false);
});
