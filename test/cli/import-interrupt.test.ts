import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runAdastra, startAdastra } from '../support/adastra-process.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'adastra-interrupt-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Line {
  readonly chunk?: number;
  readonly rows?: number;
  readonly seq?: number;
  readonly isComplete?: boolean;
}

function lines(text: string): Line[] {
  const whole = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
  return whole.filter((line) => line !== '').map((line) => JSON.parse(line) as Line);
}

/** As many rows as take a moment. */
function importArguments(): string[] {
  let text = '';
  for (let id = 0; id < 60_000; id++) {
    text += `${JSON.stringify({ id, name: `place ${id * 7919}` })}\n`;
  }
  writeFileSync(join(folder, 'rows.ndjson'), text);
  return ['import', 'rows.ndjson', '--key', 'row/{id}', '--chunk', '500', '--json'];
}

it('finishes what is in flight at SIGINT, prints the command that resumes, and resumes', async () => {
  const argv = importArguments();
  const running = startAdastra(folder, argv);
  await running.see('"chunk":3');
  running.child.kill('SIGINT');
  const { code, out, err } = await running.ended;
  expect(code).toBe(130);
  expect(err).toContain('this resumes it: adastra import');
  expect(lines(out).at(-1)?.isComplete).toBe(false);
  const resumed = await runAdastra(folder, argv);
  expect(resumed.code).toBe(0);
  expect(lines(resumed.out).at(-1)).toMatchObject({ isComplete: true, generation: 1 });
}, 120_000);
