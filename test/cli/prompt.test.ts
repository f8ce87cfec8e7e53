import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type IPty, spawn } from '@lydell/node-pty';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ADASTRA } from '../support/adastra-process.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'adastra-pty-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Screen {
  readonly pty: IPty;
  readonly exit: Promise<number>;
  see(words: string): Promise<void>;
}

function start(argv: readonly string[] = []): Screen {
  const { ADASTRA_DATA: _data, ...rest } = process.env;
  const env = { ...(rest as Record<string, string>), NO_COLOR: '1', TERM: 'xterm' };
  const options = { cwd: folder, cols: 120, rows: 40, env };
  const pty = spawn(process.execPath, [ADASTRA, ...argv], options);
  let text = '';
  let seen = 0;
  pty.onData((block) => {
    text += block;
  });
  const exit = new Promise<number>((resolve) => pty.onExit(({ exitCode }) => resolve(exitCode)));
  const see = async (words: string): Promise<void> => {
    for (let tries = 0; tries < 500; tries++) {
      const at = text.indexOf(words, seen);
      if (at !== -1) {
        seen = at + words.length;
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`never saw ${JSON.stringify(words)} in ${JSON.stringify(text.slice(seen))}`);
  };
  return { pty, exit, see };
}

it('is a prompt on a terminal: completion, history, Ctrl-D', async () => {
  const { pty, exit, see } = start();
  await see('help lists the commands');
  await see('adastra> ');
  // A key of its own: readline takes a TAB inside a block of text for pasted text.
  for (const [keys, words] of [
    ['sto', 'sto'],
    ['\t', 're '],
    ['pu', 'pu'],
    ['\t', 't '],
  ] as const) {
    pty.write(keys);
    await see(words);
  }
  pty.write('user:1 Gaspard\r');
  await see('user:1: seq');
  await see('adastra> ');
  pty.write('store get user:1\r');
  await see('Gaspard\r\n');
  pty.write('\u001b[A\r');
  await see('Gaspard\r\n');
  pty.write('\u0004');
  expect(await exit).toBe(0);
}, 30_000);

it('ends a command, then itself, at Ctrl-C', async () => {
  const { pty, exit, see } = start();
  await see('adastra> ');
  pty.write('store put a 1\r');
  await see('a: seq');
  await see('adastra> ');
  pty.write('log tail --follow\r');
  await see('put a');
  pty.write('\u0003');
  await see('adastra> ');
  pty.write('store get a\r');
  await see('1\r\n');
  await see('adastra> ');
  pty.write('\u0003');
  expect(await exit).toBe(130);
}, 30_000);

it('gives 130 at Ctrl-C outside the prompt', async () => {
  const prepared = start(['store', 'put', 'a', '1']);
  expect(await prepared.exit).toBe(0);
  const { pty, exit, see } = start(['log', 'tail', '--follow']);
  await see('put a');
  pty.write('\u0003');
  expect(await exit).toBe(130);
}, 30_000);
