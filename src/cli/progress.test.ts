import { PassThrough } from 'node:stream';
import { afterEach, expect, it, vi } from 'vitest';
import { Output } from './output.ts';
import { showProgress } from './progress.ts';
import type { Terminal } from './terminal.ts';

afterEach(() => {
  vi.useRealTimers();
});

function surroundings(isTTY: boolean): { terminal: Terminal; text: () => string } {
  const stderr = Object.assign(new PassThrough(), { isTTY, columns: 100 });
  // What cli-progress calls on a terminal.
  Object.assign(stderr, {
    cursorTo() {},
    clearLine() {},
    moveCursor() {},
    getWindowSize: () => [100, 30],
  });
  const parts: string[] = [];
  stderr.on('data', (block: Buffer) => parts.push(block.toString()));
  const terminal: Terminal = {
    stdin: new PassThrough(),
    stdout: new PassThrough(),
    stderr,
    env: {},
    cwd: '/',
    onInterrupt: () => () => {},
  };
  return { terminal, text: () => parts.join('') };
}

it('writes at most a line a second where stderr is no terminal', () => {
  vi.useFakeTimers();
  const { terminal, text } = surroundings(false);
  const output = new Output(terminal, { json: false, quiet: false });
  const progress = showProgress(terminal, output, { label: 'import', total: 1000, unit: 'rows' });
  for (let step = 1; step <= 25; step++) {
    vi.advanceTimersByTime(100);
    progress.update(step * 10, step * 20);
  }
  progress.stop();
  expect(text().trimEnd().split('\n')).toEqual([
    'import: 200 rows, 200/s, 10 %, 9.0 s left',
    'import: 400 rows, 200/s, 20 %, 8.0 s left',
  ]);
});

it('is silent with --quiet and draws a bar on a terminal', async () => {
  const { terminal, text } = surroundings(true);
  const quiet = new Output(terminal, { json: false, quiet: true });
  const options = { label: 'import', total: 10, unit: 'rows' };
  showProgress(terminal, quiet, options).update(5, 5);
  expect(text()).toBe('');
  const output = new Output(terminal, { json: false, quiet: false });
  const progress = showProgress(terminal, output, options);
  progress.update(5, 1234);
  await new Promise((resolve) => setTimeout(resolve, 250));
  progress.update(10, 2468);
  progress.stop();
  expect(text()).toContain('50%');
  expect(text()).toMatch(/1,234 rows {2}[\d,]+\/s/);
});
