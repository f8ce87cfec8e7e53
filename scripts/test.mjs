/**
 * `npm test`: sets the clone up, runs vitest with the arguments given, and ends with one line of its
 * own, `N passed, N failed` (and `, N skipped`). `--long` takes the long figures (ADASTRA_LONG=1).
 * The exit code is not 0 when anything failed or nothing ran.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT, runScript, setup } from './setup.mjs';

await runScript(() => {
  setup();
  const own = process.argv.slice(2);
  const args = own.filter((argument) => argument !== '--long');
  const folder = mkdtempSync(join(tmpdir(), 'adastra-count-'));
  try {
    const countFile = join(folder, 'count.json');
    const status = runVitest(args, { countFile, long: args.length !== own.length });
    return report(readCount(countFile), status);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

function runVitest(args, { countFile, long }) {
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
  const reporters = ['--reporter=default', '--reporter=./scripts/count-reporter.mjs'];
  const env = { ...process.env, ADASTRA_COUNT_FILE: countFile };
  if (long) env.ADASTRA_LONG = '1';
  const options = { cwd: ROOT, env, stdio: ['ignore', 'inherit', 'inherit'] };
  return spawnSync(process.execPath, [vitest, 'run', ...reporters, ...args], options).status ?? 1;
}

/** Where vitest died before it could count, nothing ran and one thing failed. */
function readCount(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return { passed: 0, failed: 1, skipped: [] };
  }
}

function report({ passed, failed, skipped }, status) {
  const needed = skipped.filter(({ command }) => command !== undefined);
  for (const { name, command } of needed) {
    process.stdout.write(`skipped for want of a package: ${name}\n  install it with: ${command}\n`);
  }
  if (passed + failed === 0) process.stdout.write('no test ran\n');
  const tail = skipped.length === 0 ? '' : `, ${skipped.length} skipped`;
  process.stdout.write(`${passed} passed, ${failed} failed${tail}\n`);
  if (status !== 0) return status;
  return failed > 0 || passed === 0 ? 1 : 0;
}
