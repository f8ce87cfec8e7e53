import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { FakeDirectory, FakeWorld } from '../../test/support/fake-node.ts';
import { AdastraError } from '../core/index.ts';
import { runTour } from './tour.ts';

vi.mock('./client-access.ts', () => ({ clientAccess: undefined }));

let folder: string;
let world: FakeWorld;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'adastra-tour-'));
  world = new FakeWorld();
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function tour(
  argv: readonly string[] = [],
): Promise<{ code: number; out: string; err: string }> {
  const streams = {
    stdout: new PassThrough(),
    stderr: new PassThrough(),
    stdin: new PassThrough(),
  };
  const parts = { out: '', err: '' };
  streams.stdout.on('data', (block: Buffer) => (parts.out += block.toString()));
  streams.stderr.on('data', (block: Buffer) => (parts.err += block.toString()));
  const terminal = { ...streams, env: {}, cwd: folder, onInterrupt: () => () => {} };
  const code = await runTour([...argv], { terminal, access: world });
  return { code, ...parts };
}

it('loads the places once, then recovers, and adds one entry to a history at each start', async () => {
  const first = await tour();
  expect([first.code, first.err]).toEqual([0, expect.not.stringContaining('error')]);
  expect(first.out).toContain('loaded 171,075 places');
  expect(first.out).toContain('visits: 1');
  for (const words of [
    'places in',
    'state hash',
    'content hash',
    'replay --verify',
    'What to try',
  ]) {
    expect(first.out).toContain(words);
  }
  const directory = world.directories.get(join(folder, 'adastra-data'));
  expect(directory?.entries.size).toBe(171_075);
  const second = await tour();
  expect(second.out).toContain('recovered: ');
  expect(second.out).toContain('171,075 places are in already');
  expect(second.out).toContain('visits: 2');
  expect(second.out).not.toContain('loaded');
}, 60_000);

it('goes on with a load that was stopped', async () => {
  world.beforeCommit = (_request, count) => {
    if (count === 100) throw new AdastraError('io_error', 'stop');
  };
  expect((await tour()).code).toBe(1);
  world.beforeCommit = undefined;
  const { code, out } = await tour();
  expect(code).toBe(0);
  expect(out).toContain('going on');
  expect(out).toMatch(/\d+ of the commits were in from before/);
  expect(world.directories.get(join(folder, 'adastra-data'))?.entries.size).toBe(171_075);
}, 60_000);

it('adds nothing to a directory that holds other data', async () => {
  const directory = new FakeDirectory();
  directory.entries.set('mine', { value: 1, stamp: 's' });
  world.directories.set(join(folder, 'mine'), directory);
  const { code, out } = await tour(['--data', 'mine']);
  expect([code, out]).toEqual([0, expect.stringContaining('no places are loaded into it')]);
  expect([...directory.entries.keys()]).toEqual(['mine']);
});

it('refuses what it does not know', async () => {
  expect((await tour(['--stay'])).code).toBe(2);
  expect(world.directories.size).toBe(0);
});
