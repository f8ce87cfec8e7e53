/**
 * The whole repository type-checks, tests and examples too; the build covers src only. (That a type
 * error is seen is planted in test/docs/blocks.test.ts, through the same compiler.)
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from '../support/repository.ts';

it('type-checks', { timeout: 120_000 }, () => {
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  const args = [tsc, '-p', 'tsconfig.json', '--noEmit', '--pretty', 'false'];
  const { status, stdout } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' });
  expect(stdout.split('\n').filter((line) => line !== '')).toEqual([]);
  expect(status).toBe(0);
});
