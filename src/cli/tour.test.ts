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

interface TourResult {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a tour; `onText` gets all that was written so far and what acts as a signal. */
async function tour(
  argv: readonly string[] = [],
  onText: (text: string, interrupt: () => void) => void = () => {},
): Promise<TourResult> {
  const streams = {
    stdout: new PassThrough(),
    stderr: new PassThrough(),
    stdin: new PassThrough(),
  };
  const parts = { out: '', err: '' };
  const listeners = new Set<() => void>();
  const interrupt = (): void => {
    for (const listener of listeners) listener();
  };
  const take = (name: 'out' | 'err') => (block: Buffer) => {
    parts[name] += block.toString();
    onText(parts.out + parts.err, interrupt);
  };
  streams.stdout.on('data', take('out'));
  streams.stderr.on('data', take('err'));
  const onInterrupt = (fn: () => void): (() => void) => {
    listeners.add(fn);
    return () => listeners.delete(fn);
  };
  const terminal = { ...streams, env: {}, cwd: folder, onInterrupt };
  const code = await runTour([...argv], { terminal, access: world });
  return { code, ...parts };
}

/** A directory with a key of its own: nothing is loaded into it. */
function smallDirectory(): void {
  const directory = new FakeDirectory();
  directory.entries.set('mine', { value: 1, stamp: 's' });
  world.directories.set(join(folder, 'mine'), directory);
}

const untilReady = (text: string, interrupt: () => void): void => {
  if (text.includes('ready  node')) interrupt();
};

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
  smallDirectory();
  const { code, out } = await tour(['--data', 'mine']);
  expect([code, out]).toEqual([0, expect.stringContaining('no places are loaded into it')]);
  expect([...(world.directories.get(join(folder, 'mine'))?.entries.keys() ?? [])]).toEqual([
    'mine',
  ]);
});

it('shows how to bring up a second node as it must be typed, and binds nothing by itself', async () => {
  smallDirectory();
  const { code, out } = await tour(['--data', 'mine']);
  expect(code).toBe(0);
  for (const line of [
    'Members of its world already: till-2.',
    `In another terminal, in ${folder}:`,
    'npx adastra invite --data ./mine',
    'npx adastra join CODE --data ./other --node-id other',
    'npx adastra start --data ./other',
    'npx adastra store put hello world --data ./mine',
    'npx adastra store get hello --data ./other',
    'npx adastra disconnect other --data ./mine',
    'npm start -- --stay',
  ]) {
    expect(out).toContain(line);
  }
  expect(world.calls).not.toContain('serve');
  expect(world.peer.calls.map(([name]) => name)).not.toContain('startTransport');
});

it('--stay keeps the node up for others until a signal, then ends with 0', async () => {
  smallDirectory();
  const { code, out, err } = await tour(['--stay', '--data=mine'], untilReady);
  expect([code, err]).toEqual([0, expect.not.stringContaining('error')]);
  expect(out).toContain('This node listens on 127.0.0.1:40000');
  const names = world.peer.calls.map(([name]) => name);
  expect(names.slice(0, 2)).toEqual(['startTransport', 'startDiscovery']);
  expect(world.peer.calls[0]).toEqual(['startTransport', { host: '127.0.0.1', port: 0 }]);
  expect(names.slice(-2)).toEqual(['stopDiscovery', 'stopTransport']);
  const ours = world.calls.filter((call) => /serve|announce|close/.test(call));
  expect(ours.slice(-4)).toEqual(['serve', 'announce 127.0.0.1:40000', 'unserve', 'close']);
});

it('--stay ends with 0 when a command asks it to stop', async () => {
  smallDirectory();
  const { code } = await tour(['--stay', '--data', 'mine'], (text) => {
    if (text.includes('ready  node')) world.stopServed?.();
  });
  expect(code).toBe(0);
});

it('goes on where transport and discovery cannot start, with a warning for each', async () => {
  smallDirectory();
  world.peer.transportFault = new AdastraError('port_in_use', 'taken');
  world.peer.discoveryFault = new AdastraError('permission_denied', 'no');
  const { code, out, err } = await tour(['--stay', '--data', 'mine'], untilReady);
  expect(code).toBe(0);
  expect(err).toContain('warning: not listening for other nodes: taken (port_in_use)');
  expect(err).toContain('warning: not looking for other nodes: no');
  expect(out).toContain('This node does not listen for others');
  expect(world.calls).toContain('announce undefined');
});

it('--stay refuses a directory whose node another process runs', async () => {
  smallDirectory();
  world.holder = 4711;
  world.isServed = true;
  const { code, err } = await tour(['--stay', '--data', 'mine']);
  expect([code, err]).toEqual([6, expect.stringContaining('process 4711')]);
});

it('refuses what it does not know', async () => {
  for (const argv of [
    ['--stya'],
    ['--data'],
    ['--stay', '--stay'],
    ['--data=a', '-d', 'b'],
    ['x'],
  ]) {
    const { code, err } = await tour(argv);
    expect([argv, code]).toEqual([argv, 2]);
    expect(err).toContain('[--stay]');
  }
  expect(world.directories.size).toBe(0);
});
