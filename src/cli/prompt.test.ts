import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { FakeDirectory, FakeWorld } from '../../test/support/fake-node.ts';
import { NodeSession } from './node-session.ts';
import { runProgram } from './program.ts';
import { type PromptWorld, runPrompt } from './prompt.ts';
import type { Terminal } from './terminal.ts';

interface Session {
  readonly world: FakeWorld;
  readonly done: Promise<number>;
  readonly text: () => string;
  readonly stdout: PassThrough;
  type(text: string): void;
  /** Waits until `words` were written after the last `see`. */
  see(words: string): Promise<void>;
}

type Extras = Pick<PromptWorld, 'afterLine' | 'ending' | 'onOpen'>;

function start(argv: readonly string[] = [], extras?: Extras): Session {
  const world = new FakeWorld();
  world.directories.set('/fake/adastra-data', new FakeDirectory());
  const stdin = Object.assign(new PassThrough(), { isTTY: true });
  const stdout = Object.assign(new PassThrough(), { isTTY: true, columns: 100 });
  const stderr = new PassThrough();
  let text = '';
  let seen = 0;
  for (const stream of [stdout, stderr]) {
    stream.on('data', (block: Buffer) => {
      text += block.toString();
    });
  }
  const terminal: Terminal = {
    stdin,
    stdout,
    stderr,
    env: { NO_COLOR: '1' },
    cwd: '/fake',
    onInterrupt: () => () => {},
  };
  const see = async (words: string): Promise<void> => {
    for (let tries = 0; tries < 200; tries++) {
      const at = text.indexOf(words, seen);
      if (at !== -1) {
        seen = at + words.length;
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    throw new Error(`never saw ${JSON.stringify(words)} in ${JSON.stringify(text.slice(seen))}`);
  };
  return {
    world,
    done:
      extras === undefined
        ? runProgram(argv, { terminal, access: world })
        : promptWith(extras, { terminal, access: world }),
    text: () => text,
    stdout,
    type: (keys) => void stdin.write(keys),
    see,
  };
}

function promptWith(
  extras: Extras,
  world: Pick<PromptWorld, 'terminal' | 'access'>,
): Promise<number> {
  const options = { dataDir: '/fake/adastra-data', durability: undefined, readOnly: false };
  return runPrompt({ ...world, ...extras, session: new NodeSession(world.access, options) });
}

it('greets, runs lines on one open node, and leaves with 0', async () => {
  const { done, see, type, world } = start();
  await see('help lists the commands');
  await see('adastra> ');
  type('store put user:1 Gaspard\r');
  await see('user:1: seq 1');
  type('store get user:1\r');
  await see('Gaspard\n');
  type('store put user:2 \'{"a": 1}\'\r');
  await see('user:2: seq 2');
  type('exit\r');
  expect(await done).toBe(0);
  expect(world.directories.get('/fake/adastra-data')?.openCount).toBe(1);
  expect(world.calls).toEqual(['close']);
});

it('goes on after a mistake and shows help', async () => {
  const { done, see, type } = start();
  type('stroe get x\r');
  await see('Did you mean store?');
  type("store put k 'open\r");
  await see("the quote ' is not closed");
  type('store get nothing\r');
  await see('not_found');
  type('help store put\r');
  await see('Usage: adastra store put');
  type('help\r');
  await see('Usage: adastra');
  type('quit\r');
  expect(await done).toBe(0);
});

it('completes with TAB and recalls lines', async () => {
  const { done, see, type } = start();
  await see('adastra> ');
  type('store cou\t');
  await see('count ');
  type('\r');
  await see('0\n');
  type('\u001b[A\r');
  await see('store count');
  await see('0\n');
  type('\u0004');
  expect(await done).toBe(0);
});

it('takes Ctrl-C for the running command, then for the line, then for the end', async () => {
  const { done, see, type, world } = start();
  await see('adastra> ');
  type('log tail --follow\r');
  await new Promise((resolve) => setTimeout(resolve, 50));
  type('\u0003');
  await see('adastra> ');
  type('half a line\u0003');
  await see('adastra> ');
  type('store put k 1\r');
  await see('k: seq 1');
  await see('adastra> ');
  expect(world.calls).toEqual([]);
  type('\u0003');
  expect(await done).toBe(130);
  expect(world.calls).toEqual(['close']);
});

it('closes the node for commands that need it closed, and opens it again', async () => {
  const { done, see, type, world } = start();
  type('store count\rreplay --verify\rstore count\rlog repair\r');
  await see('Give up everything');
  type('n\r');
  await see('nothing was changed');
  expect(world.calls.filter((call) => call !== 'close')).toEqual([]);
  type('exit\r');
  expect(await done).toBe(0);
  expect(world.directories.get('/fake/adastra-data')?.openCount).toBe(2);
});

it('writes lines of others above the one being typed, and shows that again', async () => {
  let aside: ((line: string) => void) | undefined;
  const onOpen = (show: (line: string) => void): void => {
    aside = show;
  };
  const { done, see, type } = start([], { onOpen });
  await see('adastra> ');
  type('store cou');
  await see('cou');
  aside?.('linked with till\n');
  await see('\r\u001b[Klinked with till\n');
  await see('adastra> store cou');
  type('nt\r');
  await see('0\n');
  type('exit\r');
  expect(await done).toBe(0);
});

it('runs what belongs behind each line, and leaves with 0 when it is ended', async () => {
  const ending = new AbortController();
  let count = 0;
  const afterLine = async (): Promise<void> => void (count += 1);
  const { done, see, type, world } = start([], { afterLine, ending: ending.signal });
  type('store count\rstroe\r');
  await see('Did you mean');
  await see('adastra> ');
  expect(count).toBe(2);
  ending.abort();
  expect(await done).toBe(0);
  expect(world.calls).toEqual(['close']);
});

it('leaves nothing of a line on the streams', async () => {
  const { done, see, type, stdout } = start();
  for (let line = 0; line < 15; line += 1) {
    type('store count\r');
    await see('0\n');
    await see('adastra> ');
  }
  expect(stdout.listenerCount('error')).toBeLessThan(5);
  type('exit\r');
  expect(await done).toBe(0);
});
