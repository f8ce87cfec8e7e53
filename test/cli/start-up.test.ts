/** What the program loads before it does anything: the server comes only to those that serve. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ADASTRA } from '../support/adastra-process.ts';

/** A quarter of a second of the processor's time, which every command would spend. */
const SERVER = /\/node_modules\/(?:typebox|hono|@hono\/node-server)\//;

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'adastra-start-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Packages of the server among the scripts that a run of node loaded. */
function serverScripts(argv: readonly string[]): string[] {
  const coverage = join(folder, 'coverage');
  const env = { ...process.env, NODE_V8_COVERAGE: coverage, ADASTRA_DATA: join(folder, 'd') };
  const { status, stderr } = spawnSync(process.execPath, argv, { env, encoding: 'utf8' });
  expect(status, stderr).toBe(0);
  const [file = ''] = readdirSync(coverage);
  const { result } = JSON.parse(readFileSync(join(coverage, file), 'utf8')) as {
    result: { url: string }[];
  };
  rmSync(coverage, { recursive: true });
  const urls = result.map(({ url }) => url);
  expect(urls.length).toBeGreaterThan(1);
  return urls.filter((url) => SERVER.test(url));
}

it.each([['--version'], ['--help'], ['init'], ['doctor']])('%s loads no server', (command) => {
  expect(serverScripts([ADASTRA, command])).toEqual([]);
});

it('sees a server that is loaded', () => {
  const script = join(folder, 'loads.mjs');
  const app = new URL('../../dist/daemon/app.js', import.meta.url);
  writeFileSync(script, `await import(${JSON.stringify(app.href)});`);
  expect(serverScripts([script]).length).toBeGreaterThan(10);
});
