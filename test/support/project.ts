/**
 * A user's project in a temporary directory, where `adastra-db` is this repository as built: what
 * tests of documents and of the package compile and run in.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ROOT } from './repository.ts';

export interface Outcome {
  readonly status: number;
  readonly output: string;
}

/** Whether `npm run build` has made the SDK. */
export function isClientBuilt(): boolean {
  return existsSync(join(ROOT, 'dist/client/index.js'));
}

/** An empty ESM project; remove it afterwards. */
export function makeProject(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `adastra-${name}-`));
  const manifest = { name: `project-${name}`, version: '1.0.0', private: true, type: 'module' };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  mkdirSync(join(folder, 'node_modules'));
  return folder;
}

/** Links packages of this repository's node_modules, and `adastra-db` itself, into the project. */
export function link(folder: string, packages: readonly string[]): void {
  for (const name of packages) {
    const path = join(folder, 'node_modules', name);
    mkdirSync(dirname(path), { recursive: true });
    symlinkSync(name === 'adastra-db' ? ROOT : join(ROOT, 'node_modules', name), path, 'dir');
  }
}

/** Runs our tsc over the project with these options on top of strict ones. */
export function compile(folder: string, options: Readonly<Record<string, unknown>>): Outcome {
  const compilerOptions = {
    target: 'es2023',
    lib: ['es2023', 'esnext.disposable'],
    strict: true,
    types: ['node'],
    outDir: 'out',
    rootDir: '.',
    rewriteRelativeImportExtensions: true,
    ...options,
  };
  const config = { compilerOptions, include: ['*.ts'] };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  return run(folder, [process.execPath, tsc, '-p', '.', '--pretty', 'false']);
}

/** Runs a program to its end, without stdin, with `bin` of the project first on the PATH. */
export function run(folder: string, command: readonly string[]): Outcome {
  const [program = '', ...args] = command;
  const env = { ...process.env, PATH: `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}` };
  const result = spawnSync(program, args, {
    cwd: folder,
    env: { ...env, NO_COLOR: '1' },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 240_000,
    maxBuffer: 64 * 1024 * 1024,
  });
  const output = `${result.stdout ?? ''}${result.stderr ?? ''}${result.error?.message ?? ''}`;
  return { status: result.status ?? 1, output };
}
