/**
 * The scripts of a fresh clone: what counts as installed and built, what people are told when npm
 * is missing or the registry cannot be reached, and that the closing count is never greener than
 * the run.
 */
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  openSync,
  readFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ROOT } from '../support/repository.ts';

let clone: string;

beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), 'adastra-scripts-'));
  cpSync(join(ROOT, 'scripts'), join(clone, 'scripts'), { recursive: true });
  write('package.json', '{ "name": "clone", "version": "1.0.0", "type": "module" }');
});

afterEach(() => rmSync(clone, { recursive: true, force: true }));

function write(path: string, text: string): void {
  mkdirSync(join(clone, path, '..'), { recursive: true });
  writeFileSync(join(clone, path), text);
}

/** Sets the time of a file or folder, in seconds. */
function touch(path: string, seconds: number): void {
  utimesSync(join(clone, path), seconds, seconds);
}

/**
 * Runs node; both streams go into one file, as into a terminal, so that their order can be seen.
 */
function node(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): { status: number | null; output: string } {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(?:npm_|VITEST|ADASTRA_)/.test(name),
  );
  const env = { ...Object.fromEntries(kept), ...environment };
  const path = join(clone, 'output.txt');
  const file = openSync(path, 'w');
  const { status } = spawnSync(process.execPath, args, {
    cwd: clone,
    env,
    stdio: ['ignore', file, file],
  });
  closeSync(file);
  return { status, output: readFileSync(path, 'utf8') };
}

function ask(expression: string): string {
  const text = `import * as setup from './scripts/setup.mjs'; console.log(${expression});`;
  return node(['--input-type=module', '-e', text]).output.trim();
}

describe('setup', () => {
  const lock = (version: string): string =>
    JSON.stringify({
      name: 'clone',
      version: '1.0.0',
      lockfileVersion: 3,
      packages: {
        '': { name: 'clone', version: '1.0.0', dependencies: { picocolors: version } },
        'node_modules/picocolors': {
          version,
          resolved: `http://127.0.0.1:9/picocolors/-/picocolors-${version}.tgz`,
          integrity:
            'sha512-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==',
        },
      },
    });
  const manifest =
    '{ "name": "clone", "version": "1.0.0", "type": "module", "dependencies": { "picocolors": "1.1.1" } }';

  it('asks for dependencies until they fit the lock', () => {
    write('package-lock.json', '{}');
    expect(ask('setup.isInstalled()')).toBe('false');
    write('node_modules/typescript/package.json', '{}');
    expect(ask('setup.isInstalled()')).toBe('false');
    write('node_modules/.package-lock.json', '{}');
    touch('node_modules/.package-lock.json', 2000);
    touch('package-lock.json', 1000);
    expect(ask('setup.isInstalled()')).toBe('true');
    touch('package-lock.json', 3000);
    expect(ask('setup.isInstalled()')).toBe('false');
  });

  it('builds when a source is newer, was added or was removed, and not for a test', () => {
    for (const path of ['src/core/a.ts', 'src/core/b.ts', 'tsconfig.json', 'tsconfig.build.json']) {
      write(path, '');
      touch(path, 1000);
    }
    const settle = (): void => ['src/core', 'src'].forEach((path) => touch(path, 1000));
    settle();
    expect(ask('setup.isBuilt()')).toBe('false');
    write('dist/.stamp', '');
    touch('dist/.stamp', 2000);
    expect(ask('setup.isBuilt()')).toBe('true');
    touch('src/core/a.ts', 3000);
    expect(ask('setup.isBuilt()')).toBe('false');
    touch('src/core/a.ts', 1000);
    rmSync(join(clone, 'src/core/b.ts'));
    expect(ask('setup.isBuilt()')).toBe('false');
    settle();
    write('src/core/a.test.ts', '');
    settle();
    expect(ask('setup.isBuilt()')).toBe('true');
  });

  it('says so when npm is missing', () => {
    write('package-lock.json', '{}');
    const { status, output } = node(['scripts/setup.mjs'], { PATH: join(clone, 'nowhere') });
    expect(output).toContain('npm was not found on the PATH');
    expect(output).not.toContain('    at ');
    expect(status).toBe(1);
  });

  it('says so when the registry cannot be reached', () => {
    write('package.json', manifest);
    write('package-lock.json', lock('1.1.1'));
    const { status, output } = node(['scripts/setup.mjs'], {
      npm_config_registry: 'http://127.0.0.1:9',
      npm_config_cache: join(clone, 'cache'),
      npm_config_fetch_retries: '0',
      npm_config_replace_registry_host: 'never',
    });
    expect(output).toContain('the npm registry could not be reached');
    expect(status).toBe(1);
  });

  it('says so when there is no tour', () => {
    write('package-lock.json', '{}');
    for (const path of [
      'node_modules/typescript/package.json',
      'node_modules/.package-lock.json',
    ]) {
      write(path, '{}');
    }
    for (const path of ['src/a.ts', 'tsconfig.json', 'tsconfig.build.json', 'dist/.stamp'])
      write(path, '');
    const { status, output } = node(['scripts/start.mjs']);
    expect(output).toContain('dist/cli/tour.js is missing');
    expect(status).toBe(1);
  });
});

describe('the closing line', () => {
  function runTests(
    files: Readonly<Record<string, string>>,
    args: readonly string[] = [],
  ): {
    status: number | null;
    line: string | undefined;
    output: string;
  } {
    // Entry by entry: should the script ever install here, it removes links and not what they lead
    // to.
    write('node_modules/.package-lock.json', '{}');
    for (const name of readdirSync(join(ROOT, 'node_modules')).filter((n) => !n.startsWith('.'))) {
      symlinkSync(join(ROOT, 'node_modules', name), join(clone, 'node_modules', name), 'dir');
    }
    write('package-lock.json', '{}');
    touch('package-lock.json', 1000);
    for (const path of ['src/a.ts', 'tsconfig.json', 'tsconfig.build.json', 'dist/.stamp'])
      write(path, '');
    const head = "import { it, expect, beforeAll } from 'vitest';\n";
    for (const [path, text] of Object.entries(files)) write(path, head + text);
    const { status, output } = node(['scripts/test.mjs', ...args]);
    return { status, output, line: output.trimEnd().split('\n').at(-1) };
  }
  const good = "it('a', () => { expect(1).toBe(1); });";

  it('counts what passed', () => {
    expect(runTests({ 'a.test.ts': good })).toMatchObject({
      status: 0,
      line: '1 passed, 0 failed',
    });
  });

  it.each([
    ['a failed test', "it('b', () => { expect(1).toBe(2); });"],
    ['a file that cannot be loaded', "import './nowhere.ts';"],
    [
      'a failed hook',
      "beforeAll(() => { throw new Error('no'); }); it('b', () => { expect(1).toBe(1); });",
    ],
  ])('is red for %s', (_, text) => {
    const { status, line } = runTests({ 'a.test.ts': good, 'b.test.ts': text });
    expect(line).toMatch(/^1 passed, 1 failed/);
    expect(status).not.toBe(0);
  });

  it('is red for an error outside of any test', () => {
    const late = `${good}\nit('b', async () => { Promise.reject(new Error('no')); await new Promise((f) => setTimeout(f, 50)); });`;
    const { status, line } = runTests({ 'a.test.ts': late });
    expect(line).toBe('2 passed, 1 failed');
    expect(status).not.toBe(0);
  });

  it('is red when nothing ran', () => {
    expect(runTests({ 'a.test.ts': good }, ['-t', 'nothing']).status).not.toBe(0);
  });

  it('names what a skipped test lacks', () => {
    const skip = "it('b', (context) => context['skip']('needs: apt-get install strace'));";
    const { status, output, line } = runTests({ 'a.test.ts': `${good}\n${skip}` });
    expect(output).toContain('install it with: apt-get install strace');
    expect(line).toBe('1 passed, 0 failed, 1 skipped');
    expect(status).toBe(0);
  });
});
