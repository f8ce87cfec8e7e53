/** The lock of a directory between processes; the child runs our own code, built by tsc. */
import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import * as fs from 'node:fs';
import { createRequire } from 'node:module';
import * as os from 'node:os';
import * as path from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nameLock, nativeLock } from './lock-kinds.ts';
import type { LockKind } from './lock-kinds.ts';
import { lockFile } from './node-lock.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');
let directory = '';

/** Builds this folder into `out`, beside the packages that it needs. */
function build(out: string): void {
  fs.mkdirSync(out);
  fs.writeFileSync(path.join(out, 'package.json'), '{ "type": "module" }');
  fs.symlinkSync(path.join(ROOT, 'node_modules'), path.join(out, 'node_modules'));
  const compilerOptions = {
    noEmit: false,
    noCheck: true,
    declaration: false,
    isolatedDeclarations: false,
    allowImportingTsExtensions: false,
    rootDir: path.join(ROOT, 'src'),
    outDir: path.join(out, 'built'),
  };
  const config = {
    extends: path.join(ROOT, 'tsconfig.json'),
    compilerOptions,
    files: [path.join(ROOT, 'src/env/node/node-lock.ts')],
    include: [],
  };
  fs.writeFileSync(path.join(out, 'tsconfig.json'), JSON.stringify(config));
  const manifest = createRequire(import.meta.url).resolve('typescript/package.json');
  const tsc = path.join(path.dirname(manifest), 'bin/tsc');
  execFileSync(process.execPath, [tsc, '-p', out], { stdio: 'pipe' });
}

/** A process that holds the lock at `at` until it is killed. */
async function startHolder(at: string, kind: string): Promise<ChildProcess> {
  const script = `
    import { lockFile } from ${JSON.stringify(path.join(directory, 'code/built/env/node/node-lock.js'))};
    import * as kinds from ${JSON.stringify(path.join(directory, 'code/built/env/node/lock-kinds.js'))};
    const lock = await lockFile(${JSON.stringify(at)}, 'pid ' + process.pid, [kinds.${kind}]);
    process.stdout.write('held');
    setInterval(() => lock, 1000);`;
  const file = path.join(directory, `holder-${kind}.mjs`);
  fs.writeFileSync(file, script);
  const child = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise<void>((resolve, reject) => {
    child.stdout?.once('data', () => resolve());
    child.once('exit', (code) => reject(new Error(`the holder ended with ${code}`)));
  });
  return child;
}

function killed(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGKILL');
  });
}

beforeAll(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'adastra-lock-'));
  build(path.join(directory, 'code'));
});

afterAll(() => fs.rmSync(directory, { recursive: true }));

const WAYS: readonly [string, LockKind][] = [['nativeLock', nativeLock]];
if (process.platform !== 'darwin') (WAYS as [string, LockKind][]).push(['nameLock', nameLock]);

describe.each(WAYS)('%s', (name, kind) => {
  test('refused while another process holds it, free at once after kill -9', async () => {
    const at = path.join(directory, `lock-${name}`);
    const holder = await startHolder(at, name);
    await expect(lockFile(at, 'mine', [kind])).rejects.toMatchObject({
      code: 'ELOCKED',
      holder: `pid ${holder.pid}`,
    });
    await killed(holder);
    const lock = await lockFile(at, 'mine', [kind]);
    expect(fs.readFileSync(at, 'utf8')).toBe('mine');
    lock.release();
  });

  test('a lock file that was replaced meanwhile is not the one that gets locked', async () => {
    const at = path.join(directory, `replaced-${name}`);
    let calls = 0;
    const replacing: LockKind = async (target) => {
      const answer = await kind(target);
      if (++calls === 1) fs.unlinkSync(at);
      return answer;
    };
    const lock = await lockFile(at, 'note', [replacing]);
    expect(calls).toBe(2);
    expect(fs.readFileSync(at, 'utf8')).toBe('note');
    lock.release();
  });
});

test('the set of this process refuses by itself, where a kernel lock would not', async () => {
  const at = path.join(directory, 'same-process');
  const granting: LockKind = async () => ({ release: (): void => {} });
  const lock = await lockFile(at, 'first', [granting]);
  const link = path.join(directory, 'same-process-link');
  fs.symlinkSync(at, link);
  await expect(lockFile(link, 'x', [granting])).rejects.toMatchObject({
    code: 'ELOCKED',
    holder: 'first',
  });
  lock.release();
  (await lockFile(link, 'x', [granting])).release();
});

test('where no way works it says so, and leaves nothing behind', async () => {
  const at = path.join(directory, 'unavailable');
  const kinds: LockKind[] = [async () => 'unavailable'];
  for (let round = 0; round < 2; round++) {
    await expect(lockFile(at, 'x', kinds)).rejects.toMatchObject({ code: 'ELOCKUNAVAILABLE' });
  }
  const open = fs.existsSync('/proc/self/fd')
    ? fs.readdirSync('/proc/self/fd').filter((fd) => linkOf(fd) === at)
    : [];
  expect(open).toEqual([]);
});

function linkOf(descriptor: string): string | undefined {
  try {
    return fs.readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return undefined;
  }
}
