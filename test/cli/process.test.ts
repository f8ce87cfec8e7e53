import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  ADASTRA,
  type ProcessResult,
  runAdastra,
  startAdastra,
} from '../support/adastra-process.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'adastra-process-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function run(line: string): Promise<ProcessResult> {
  return runAdastra(folder, line.split(' '));
}

async function json(line: string): Promise<Record<string, unknown>> {
  return JSON.parse((await run(`${line} --json`)).out) as Record<string, unknown>;
}

it('runs as the file that it is, as `npx adastra` does in a clone', () => {
  const { status, stdout } = spawnSync(ADASTRA, ['--version'], { encoding: 'utf8' });
  expect([status, stdout]).toEqual([0, expect.stringMatching(/^\d+\.\d+\.\d+/)]);
});

it('makes, writes, reads, removes, and finds all of it again', async () => {
  expect(await json('init --node-id kitchen')).toMatchObject({ nodeId: 'kitchen' });
  expect((await run('init')).code).toBe(4);
  expect((await run('store put user:1 Gaspard')).code).toBe(0);
  expect((await run('store get user:1')).out).toBe('Gaspard\n');
  const put = await json('store put user:1 {"name":"Ada"}');
  expect((await run('store put user:1 other --if-absent')).code).toBe(4);
  expect((await run('store put user:1 other --if-stamp nonsense')).code).not.toBe(0);
  expect((await run(`store put user:1 5 --if-stamp ${String(put['stamp'])}`)).code).toBe(0);
  const first = await json('store put user:2 x --command-id c1');
  expect(await json('store put user:2 x --command-id c1')).toEqual({ ...first, replayed: true });
  expect((await run('store put user:2 y --command-id c1')).code).toBe(4);
  expect((await run('store list user: --keys')).out).toBe('user:1\nuser:2\n');
  expect((await run('store count')).out).toBe('2\n');
  expect((await run('store remove user:2')).code).toBe(0);
  expect((await run('store get user:2')).code).toBe(3);
  const history = (await run('store history user:1')).out.trimEnd().split('\n');
  expect(history.map((line) => line.split('  ').at(-1))).toEqual([
    '5',
    '{"name":"Ada"}',
    '"Gaspard"',
  ]);
  expect((await run('log tail --json')).out.trimEnd().split('\n').length).toBeGreaterThan(3);
  expect((await run('store put $sys 1')).code).toBe(2);
  for (const line of [
    'status',
    'node info',
    'log stat',
    'log verify',
    'checkpoint',
    'replay --verify',
  ]) {
    const result = await run(line);
    expect([line, result.code, result.err]).toEqual([line, 0, '']);
  }
  expect((await run('doctor')).out).toContain('no process has the directory open');
}, 120_000);

it('copies by backup and restore', async () => {
  await run('store put a 1');
  const before = await json('status');
  expect((await run('backup copy')).code).toBe(0);
  expect(existsSync(join(folder, 'copy/identity'))).toBe(false);
  const restored = await run('restore copy --data second');
  expect(restored.code).toBe(0);
  // A key of its own: nobody has admitted it yet.
  expect(restored.err).toContain('--new-world');
  expect((await run('store put b 2 --data second')).err).toContain('forbidden');
  const after = await json('status --data second');
  expect(after['contentHash']).toBe(before['contentHash']);
  expect(after['worldId']).toBe(before['worldId']);
  expect((await run('restore copy --data second')).code).toBe(4);

  expect((await run('restore copy --data third --identity adastra-data/identity')).err).toBe('');
  expect((await run('store put b 2 --data third')).code).toBe(0);
  expect((await run('restore copy --data fourth --new-world')).code).toBe(0);
  const anew = await json('status --data fourth');
  expect(anew['contentHash']).toBe(before['contentHash']);
  expect(anew['worldId']).not.toBe(before['worldId']);
  expect((await run('store put b 2 --data fourth')).code).toBe(0);
}, 60_000);

it('names the process that holds the directory (6), and reads beside it with --read-only', async () => {
  await run('store put a 1');
  const holder = startAdastra(folder, ['log', 'tail', '--follow']);
  await holder.see('put a');
  const locked = await run('store put b 2');
  expect(locked.code).toBe(6);
  expect(locked.err).toContain(String(holder.child.pid));
  expect((await run('store get a --read-only')).out).toBe('1\n');
  expect((await run('doctor')).out).toContain(`process ${holder.child.pid}`);
  holder.child.kill('SIGINT');
  expect((await holder.ended).code).toBe(130);
  expect((await run('store put b 2')).code).toBe(0);
}, 60_000);

it('says clearly what stands in the way', async () => {
  const missing = await run('status');
  expect([missing.code, missing.err]).toEqual([1, expect.stringContaining('not_initialized')]);
  expect(existsSync(join(folder, 'adastra-data'))).toBe(false);
  writeFileSync(join(folder, 'file'), 'x');
  const file = await run('store put a 1 --data file');
  expect([file.code, file.err]).toEqual([1, expect.stringContaining('not_a_directory')]);
  expect((await run('')).code).toBe(2);
  expect((await run('--version')).out).toMatch(/^\d/);
}, 60_000);

it('ends quietly with 0 when the pipe closes', async () => {
  const rows = Array.from(
    { length: 30_000 },
    (_, id) => `{"key":"k/${id}","value":"${'x'.repeat(60)}"}`,
  );
  writeFileSync(join(folder, 'rows.ndjson'), `${rows.join('\n')}\n`);
  expect((await run('import rows.ndjson --quiet')).code).toBe(0);
  const script = `"${process.execPath}" "${ADASTRA}" store list | head -n 1; echo "\${PIPESTATUS[0]}"`;
  const { stdout, stderr } = spawnSync('bash', ['-c', script], { cwd: folder, encoding: 'utf8' });
  expect([stdout.split('\n').slice(1).join(), stderr]).toEqual(['0,', '']);
}, 60_000);
