/**
 * Builds `dist` with tsc beside the old one and swaps it in at the end, so that no file of a removed
 * source stays, a failed build leaves the old one, and readers never meet half of it.
 */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { BUILD_STAMP, ensureInstalled, ROOT, runScript, SetupError } from './setup.mjs';

await runScript(() => {
  ensureInstalled();
  const startedMs = Date.now();
  const fresh = `dist.building-${process.pid}`;
  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
  const args = [compiler, '-p', 'tsconfig.build.json', '--outDir', fresh];
  const result = spawnSync(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 2, 2] });
  if (result.status !== 0) {
    rmSync(join(ROOT, fresh), { recursive: true, force: true });
    throw new SetupError('tsc reported errors; dist is as it was.');
  }
  // npm does this when it installs the package; in a clone `npx adastra` runs the file as it lies.
  chmodSync(join(ROOT, fresh, 'cli/main.js'), 0o755);
  swap(fresh, startedMs);
});

function swap(fresh, startedMs) {
  const stamp = join(ROOT, fresh, BUILD_STAMP.slice('dist/'.length));
  writeFileSync(stamp, '');
  // The stamp bears the time of the start: a source saved while tsc ran makes the build stale.
  const seconds = Math.min(startedMs, statSync(stamp).mtimeMs) / 1000;
  utimesSync(stamp, seconds, seconds);
  const target = join(ROOT, 'dist');
  const old = `${target}.building-old-${process.pid}`;
  if (existsSync(target)) renameSync(target, old);
  renameSync(join(ROOT, fresh), target);
  rmSync(old, { recursive: true, force: true });
}
