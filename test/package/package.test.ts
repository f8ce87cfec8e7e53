/**
 * What a user gets: the package is packed, its tarball installed with --ignore-scripts in an empty
 * project, and there imported, required, type-checked with programs of documents under two module
 * resolutions, and its program run. publint and attw read the tarball; packages and bytes are
 * counted.
 */
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { publint } from 'publint';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blocksOf, programsOf } from '../support/markdown.ts';
import { compile, link, makeProject, type Outcome, run } from '../support/project.ts';
import { ROOT } from '../support/repository.ts';

/** What one install may bring, ourselves included: packages, and bytes on disk. */
const PACKAGES_MAX = 30;
const BYTES_MAX = 16 * 1024 * 1024;

const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  version: string;
};
let project: string;
let tarball: string;
let packed: string[];

beforeAll(() => {
  project = makeProject('package');
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', project];
  const output = execFileSync('npm', args, {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const report = (
    JSON.parse(output) as Array<{ filename: string; files: Array<{ path: string }> }>
  )[0];
  tarball = join(project, basename(report?.filename ?? ''));
  packed = report?.files.map(({ path }) => path) ?? [];
}, 120_000);

afterAll(() => rmSync(project, { recursive: true, force: true }));

it('packs what a user needs and nothing else', () => {
  expect(packed).toEqual(
    expect.arrayContaining(['package.json', 'LICENSE', 'NOTICE', 'CHANGELOG.md']),
  );
  const allowed = /^(?:dist|src)\/|^[A-Z]+(?:\.md)?$|^package\.json$/;
  expect(packed.filter((path) => !allowed.test(path))).toEqual([]);
  expect(packed.filter((path) => /\.test\.|\.stamp$|^dist\.|node_modules/.test(path))).toEqual([]);
});

it('has nothing for publint to say', { timeout: 60_000 }, async () => {
  const bytes = readFileSync(tarball);
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  const { messages } = await publint({ pack: { tarball: buffer }, strict: true });
  expect(messages).toEqual([]);
});

describe('installed in an empty project', () => {
  beforeAll(() => {
    const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];
    const installed = run(project, ['npm', 'install', ...flags, tarball]);
    expect(installed.status, installed.output).toBe(0);
  }, 240_000);

  it('imports and requires', () => {
    const open =
      "Client.open({ memory: true }).then(async (db) => { await db.put('a', 1); await db.close(); })";
    const check = (load: string, file: string): Outcome => {
      writeFileSync(join(project, file), `${load}\n${open};\n`);
      return run(project, [process.execPath, file]);
    };
    const imported = check(
      "import { Client } from 'adastra-db'; import 'adastra-db/testing'; import 'adastra-db/http';",
      'a.mjs',
    );
    expect(imported, imported.output).toMatchObject({ status: 0, output: '' });
    const required = check("const { Client } = require('adastra-db');", 'b.cjs');
    expect(required.status, required.output).toBe(0);
  });

  it('calls a node where there is nothing of Node', () => {
    const lines = [
      'delete globalThis.Buffer;',
      'delete globalThis.process;',
      "const { HttpClient } = await import('adastra-db/http');",
      'const text = \'{"present":true,"value":{"$bytes":"AP8="}}\';',
      'const parts = [new TextEncoder().encode(text)];',
      'const read = async () => ({ done: parts.length === 0, value: parts.shift() });',
      'const body = { getReader: () => ({ read }) };',
      'const fetch = async () => ({ status: 200, headers: new Map(), body });',
      "const db = new HttpClient({ url: 'https://node', fetch });",
      "if ((await db.get('a'))?.[1] !== 255) throw new Error('not the bytes');",
    ];
    writeFileSync(join(project, 'c.mjs'), lines.join('\n'));
    const outcome = run(project, [process.execPath, 'c.mjs']);
    expect(outcome, outcome.output).toMatchObject({ status: 0, output: '' });
  });

  it.each([
    { module: 'nodenext', moduleResolution: 'nodenext' },
    { module: 'esnext', moduleResolution: 'bundler' },
  ])(
    'type-checks the programs of documents under $moduleResolution',
    { timeout: 120_000 },
    (options) => {
      for (const path of ['README.md', 'docs/http-client.md']) {
        const programs = programsOf(blocksOf(path, readFileSync(join(ROOT, path), 'utf8')));
        expect(programs.length).toBeGreaterThan(0);
        for (const { line, text } of programs) {
          writeFileSync(
            join(project, `${basename(path, '.md')}-${line}.ts`),
            `${text}\nexport {};\n`,
          );
        }
      }
      if (!existsSync(join(project, 'node_modules/@types/node'))) link(project, ['@types/node']);
      const { status, output } = compile(project, { ...options, noEmit: true });
      expect(status, output).toBe(0);
    },
  );

  it('type-checks in a page, without the types of Node', { timeout: 60_000 }, () => {
    const page = join(project, 'page');
    mkdirSync(page);
    const lines = [
      "import { type Fetch, HttpClient } from 'adastra-db/http';",
      'const given: Fetch = fetch;',
      'const db = new HttpClient({ url: location.origin, fetch: given });',
      "document.title = String(await db.get('title'));",
      'export {};',
    ];
    writeFileSync(join(page, 'a.ts'), lines.join('\n'));
    const lib = ['es2023', 'dom', 'esnext.disposable'];
    const options = { module: 'esnext', moduleResolution: 'bundler', lib, types: [], noEmit: true };
    const { status, output } = compile(page, options);
    expect(status, output).toBe(0);
  });

  it('runs its program', () => {
    const { status, output } = run(project, ['npx', '--no-install', 'adastra', '--version']);
    expect(status, output).toBe(0);
    expect(output).toContain(manifest.version);
  });

  it('resolves for every kind of ESM user (attw)', { timeout: 120_000 }, () => {
    const attw = join(ROOT, 'node_modules/.bin/attw');
    const { status, output } = run(project, [attw, tarball, '--profile', 'esm-only']);
    expect(status, output).toBe(0);
  });

  it('stays small', () => {
    const { packages, bytes } = weigh(join(project, 'node_modules'));
    console.log(`one install: ${packages} packages, ${(bytes / 1024 / 1024).toFixed(1)} MiB`);
    expect(packages).toBeGreaterThan(0);
    expect(packages).toBeLessThanOrEqual(PACKAGES_MAX);
    expect(bytes).toBeLessThanOrEqual(BYTES_MAX);
  });
});

/** Packages and bytes below a node_modules, without what is linked in. */
function weigh(folder: string): { packages: number; bytes: number } {
  let packages = 0;
  let bytes = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    bytes += statSync(join(entry.parentPath, entry.name)).size;
    if (entry.name !== 'package.json') continue;
    if (/node_modules\/(?:@[^/]+\/)?[^/]+$/.test(entry.parentPath)) packages += 1;
  }
  return { packages, bytes };
}
