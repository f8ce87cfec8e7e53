import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { dataOption, shellWord } from './data-option.ts';
import type { Terminal } from './terminal.ts';

let cwd: string;

beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'adastra-option-'));
});

afterEach(() => rmSync(cwd, { recursive: true, force: true }));

function option(dataDir: string): string {
  const streams = {
    stdin: new PassThrough(),
    stdout: new PassThrough(),
    stderr: new PassThrough(),
  };
  const env = { ADASTRA_DATA: dataDir };
  const terminal: Terminal = { ...streams, env, cwd, onInterrupt: () => () => {} };
  return dataOption(terminal, dataDir);
}

it('is left out only for what another terminal takes by itself', () => {
  expect(option(join(cwd, 'adastra-data'))).toBe('');
  expect(option(join(cwd, 'other'))).toBe(' --data ./other');
  expect(option('/elsewhere/adastra-data')).toBe(' --data /elsewhere/adastra-data');
  expect(option(cwd)).toBe(` --data ${cwd}`);
  writeFileSync(join(cwd, 'adastra.config.json'), '{"data": "mine"}');
  expect(option(join(cwd, 'mine'))).toBe('');
  expect(option(join(cwd, 'adastra-data'))).toBe(' --data ./adastra-data');
});

it('is one word of a shell', () => {
  expect(option(join(cwd, "it's here"))).toBe(` --data './it'\\''s here'`);
  expect(shellWord('a$b')).toBe(`'a$b'`);
});
