/**
 * `npm run check`: everything that reads the code without running it, quickest first: format, lint
 * (type-aware, with explicit paths: without them oxlint walks node_modules), types, dead code. Runs
 * all of them, then says which failed.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ensureInstalled, ROOT, runScript } from './setup.mjs';

const LINTED = ['src', 'test', 'examples'].filter((name) => existsSync(join(ROOT, name)));

const STEPS = [
  { name: 'format', bin: 'biome', args: ['format', '.'], remedy: 'npm run format' },
  { name: 'lint', bin: 'oxlint', args: ['--type-aware', '--deny-warnings', ...LINTED] },
  { name: 'types', bin: 'tsc', args: ['-p', 'tsconfig.json', '--noEmit'] },
  { name: 'dead code', bin: 'knip', args: [] },
];

await runScript(() => {
  ensureInstalled();
  const failed = STEPS.filter((step) => !passes(step));
  for (const { name, remedy } of failed) {
    process.stdout.write(`check: ${name} failed${remedy === undefined ? '' : ` (${remedy})`}\n`);
  }
  if (failed.length === 0) process.stdout.write('check: all good\n');
  return failed.length === 0 ? 0 : 1;
});

function passes({ name, bin, args }) {
  process.stdout.write(`check: ${name}\n`);
  const path = join(ROOT, 'node_modules/.bin', bin);
  const windows = process.platform === 'win32';
  const options = { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'], shell: windows };
  return spawnSync(path, args, options).status === 0;
}
