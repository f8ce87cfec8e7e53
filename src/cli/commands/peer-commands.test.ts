import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type CliResult,
  type CliRunOptions,
  jsonLines,
  runCli,
} from '../../../test/support/cli-run.ts';
import { FakeDirectory, FakeWorld } from '../../../test/support/fake-node.ts';
import { HOSTILE_NAME } from '../../../test/support/fake-peer.ts';
import { AdastraError, type Sibling } from '../../core/index.ts';

const OTHER = 'aa22'.repeat(16);

let world: FakeWorld;
let directory: FakeDirectory;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'adastra-peers-'));
  world = new FakeWorld();
  directory = new FakeDirectory();
  world.directories.set(join(folder, 'adastra-data'), directory);
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function run(line: string | readonly string[], options: CliRunOptions = {}): Promise<CliResult> {
  const argv = typeof line === 'string' ? line.split(' ') : line;
  return runCli(world, argv, { cwd: folder, ...options });
}

function siblingOf(origin: string): Sibling {
  return { kind: 'put', value: 'old', stamp: 's0', origin };
}

async function json(line: string): Promise<Record<string, unknown>> {
  return JSON.parse((await run(`${line} --json`)).out) as Record<string, unknown>;
}

/** Nothing that a terminal would obey. */
const UNCLEAN = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/;

describe('what other nodes say', () => {
  it.each([
    'peers',
    'members',
    'discover',
    'sync outbox',
    'sync status',
    'sync retry',
    'sync why a',
    'conflicts list',
    'conflicts list --decided',
    'conflicts show user:1',
    'status',
    'node info aa22',
    'member close aa22',
    'disconnect aa22',
    'connect 10.0.0.2:4711',
  ])('%s prints nothing that a terminal would obey, in words and in JSON', async (line) => {
    world.hasPeers = true;
    world.peer.peers = world.peer.peers.map((one) => ({ ...one, nodeId: HOSTILE_NAME }));
    world.peer.members = world.peer.members.map((one) =>
      one.self ? one : { ...one, nodeId: HOSTILE_NAME, scopes: [HOSTILE_NAME] },
    );
    for (const argv of [line, `${line} --json`]) {
      const { code, out, err } = await run(argv);
      expect([argv, code]).toEqual([argv, 0]);
      expect(out.length).toBeGreaterThan(0);
      expect(`${out}${err}`).not.toMatch(UNCLEAN);
    }
  });

  it('keys and values of the store too, and JSON still says exactly what is there', async () => {
    directory.entries.set(HOSTILE_NAME, { value: HOSTILE_NAME, stamp: 's' });
    expect((await run('store list')).out).not.toMatch(/[\u001b\u202e]/);
    const listed = jsonLines((await run('store list --json')).out);
    expect(listed).toEqual([{ key: HOSTILE_NAME, value: HOSTILE_NAME }]);
    // Into a pipe a value is what it is.
    expect((await run(['store', 'get', HOSTILE_NAME])).out).toBe(`${HOSTILE_NAME}\n`);
  });
});

describe('naming a member', () => {
  it.each(['till-2', 'aa22', 'AA22', OTHER])('%s is one', async (name) => {
    expect((await run(['member', 'close', name])).code).toBe(0);
    expect(world.peer.calls).toEqual([['closeMember', OTHER, {}]]);
  });

  it('what fits two is exit 2 with the list, what fits none exit 3', async () => {
    const two = await run('member close aa');
    expect(two.code).toBe(2);
    expect(two.err).toContain('peer_ambiguous');
    for (const name of ['kitchen', 'till-2']) expect(two.err).toContain(name);
    expect((await run('disconnect nobody')).code).toBe(3);
    expect((await run(['member', 'close', ''])).code).toBe(3);
    expect(world.peer.calls).toEqual([]);
  });

  it('a nodeId counts before the beginning of a fingerprint', async () => {
    world.peer.members = world.peer.members.map((one) =>
      one.self ? { ...one, nodeId: 'aa22' } : one,
    );
    await run('member close aa22');
    expect(world.peer.calls[0]).toEqual(['closeMember', 'aa11'.repeat(16), {}]);
  });
});

describe('members', () => {
  it('changes role and scopes', async () => {
    await run('member change till-2 --role read --scope a/ --scope b/');
    await run('member change till-2 --all-keys');
    expect(world.peer.calls).toEqual([
      ['changeMember', OTHER, { role: 'read', scopes: ['a/', 'b/'] }],
      ['changeMember', OTHER, { role: undefined, scopes: null }],
    ]);
    expect((await run('member change till-2')).code).toBe(2);
    expect((await run('member change till-2 --role boss')).code).toBe(2);
    expect((await run('member change till-2 --all-keys --scope a')).code).toBe(2);
  });

  it('invites where the node listens, with a warning for an address of this machine', async () => {
    const off = await run('invite');
    expect([off.code, off.out]).toEqual([1, '']);
    expect(off.err).toContain('adastra start --host');
    world.peer.transport = {
      ...world.peer.transport,
      state: 'running',
      host: '127.0.0.1',
      port: 7,
    };
    const { code, out, err } = await run('invite --role read --scope a/ --expires 2h');
    expect([code, out]).toEqual([0, 'ADASTRA-CODE\n']);
    expect(err).toContain('only this machine reaches 127.0.0.1:7');
    expect(err).toContain('adastra join CODE --data ./other');
    const wish = { role: 'read', scopes: ['a/'], expiresMs: 7_200_000 };
    expect(world.peer.calls[0]).toEqual(['invite', expect.objectContaining(wish)]);
    const elsewhere = await run('invite --host 10.0.0.1 --port 5 --qr');
    expect(elsewhere.err).not.toContain('this machine alone');
    expect(elsewhere.out.split('\n').length).toBeGreaterThan(8);
    expect(elsewhere.out).toMatch(/[█▀▄]/);
    expect(await json('invite')).toMatchObject({ code: 'ADASTRA-CODE', loopback: true });
    for (const line of ['--expires 5', '--expires x', '--expires 0s', '--port 70000', '--role x']) {
      expect((await run(`invite ${line}`)).code).toBe(2);
    }
  });

  it('joins, and says what to do next', async () => {
    const { code, out, err } = await run('join ADASTRA-CODE --data other --node-id till-2');
    expect([code, out]).toEqual([0, expect.stringContaining('till-2')]);
    expect(err).toContain('now adastra start --data ./other brings the data');
    expect(world.calls).toEqual([`join ${join(folder, 'other')} ADASTRA-CODE {"nodeId":"till-2"}`]);
    expect((await run('join nonsense')).code).toBe(2);
  });
});

describe('sync and conflicts', () => {
  it('makes a step, shows what waits, and why', async () => {
    expect(await json('sync tick --prune')).toMatchObject({ batchSize: 3 });
    expect(world.peer.calls).toEqual([['tick', { prune: true }]]);
    expect((await run('sync outbox')).out).toContain('3 of 5');
    expect((await run('sync why user:1')).out).toContain('it waits for till-2 to come back');
    expect((await run('sync status')).err).toContain('warning:');
    expect((await run('clock repair')).out).toContain('2 commits made again');
    const { out, err } = await run('sync forks');
    expect(out).toContain(`(till-2), compared behind commit 17\n  here        ${'c'.repeat(64)}`);
    expect(err).toContain('an admin names the branch that stays');
    const origin = `${'a'.repeat(32)}.${'b'.repeat(32)}`;
    expect((await run(`sync keep ${origin} 17 ${'c'.repeat(64)}`)).code).toBe(0);
    const branch = { originSeq: 17, digest: 'c'.repeat(64) };
    expect(world.peer.calls.at(-1)).toEqual(['keepBranch', origin, branch]);
  });

  it('lists dead letters, makes them anew, drops them', async () => {
    expect(await json('sync retry')).toMatchObject({
      id: 'd/1',
      keys: [{ value: { $bytes: 'AQ==' }, current: { $bigint: '2' } }, { kind: 'remove' }],
    });
    expect((await run('sync retry')).out).toContain('outside its scopes');
    expect((await run('sync retry d/1')).out).toBe('d/1: seq 9\n');
    expect((await run('sync retry --all --drop')).out).toBe('d/1: dropped\n');
    expect(world.peer.calls).toEqual([
      ['retryDeadLetter', 'd/1', {}],
      ['retryDeadLetter', 'd/1', { drop: true }],
    ]);
    expect((await run('sync retry --drop')).code).toBe(2);
    expect((await run('sync retry d/1 --all')).code).toBe(2);
  });

  it('shows conflicts with exact values, and ends them', async () => {
    const shown = await json('conflicts show user:1');
    expect(shown).toMatchObject({
      value: { $date: '1970-01-01T00:00:00.005Z' },
      siblings: [
        { kind: 'put', stamp: 's1' },
        { kind: 'remove', nodeId: HOSTILE_NAME },
      ],
    });
    expect((await run('conflicts show nothing')).code).toBe(3);
    world.peer.decided = [
      { ...world.peer.decided[0]!, decidedBy: `${OTHER}.i`, siblings: [siblingOf(`${OTHER}.i`)] },
    ];
    const journal = (await run('conflicts list --decided')).out;
    expect(journal).toContain('{"$bigint":"12"} by till-2 (asked Ada), out of "old" by till-2');
    world.peer.calls.length = 0;
    const [decided] = jsonLines((await run('conflicts list user --decided --limit 5 --json')).out);
    expect(decided).toMatchObject({ key: 'user:0', value: { $bigint: '12' }, reason: 'asked Ada' });
    expect(world.peer.calls).toEqual([['decidedConflicts', { prefix: 'user', limit: 5 }]]);
    world.peer.calls.length = 0;
    await run('conflicts resolve user:1 --stamp s1 --reason because');
    await run('conflicts resolve user:1 --value 5');
    await run('conflicts resolve user:1 --value 5 --string');
    await run('conflicts resolve user:1 --remove');
    expect(world.peer.calls.map((call) => call[2])).toEqual([
      { stamp: 's1' },
      { value: 5 },
      { value: '5' },
      { remove: true },
    ]);
    expect(world.peer.calls[0]?.[3]).toMatchObject({ reason: 'because' });
    expect((await run('conflicts resolve user:1')).code).toBe(2);
    expect((await run('conflicts resolve user:1 --remove --stamp s')).code).toBe(2);
    expect((await run('conflicts resolve user:1 --value {')).code).toBe(2);
  });

  it('sets policies and takes them away', async () => {
    expect((await run('policy list')).err).toContain('the last write wins');
    await run('policy set order/ merge-fields');
    await run(['policy', 'set', '', 'custom', '--name', 'sum', '--code-version', '2']);
    await run('policy remove order/');
    expect(world.peer.calls).toEqual([
      ['setPolicy', 'order/', { policy: 'merge-fields', name: undefined, version: undefined }],
      ['setPolicy', '', { policy: 'custom', name: 'sum', version: 2 }],
      ['setPolicy', 'order/', undefined],
    ]);
    for (const line of ['order/ mine', 'order/ custom', 'order/ manual --name x']) {
      expect((await run(`policy set ${line}`)).code).toBe(2);
    }
    world.peer.policies = [{ prefix: '', policy: 'manual' }];
    expect((await run('policy list')).out).toContain('every key');
  });
});

describe('a directory that another process has open', () => {
  it('is worked on through that process where it serves it', async () => {
    world.holder = 4711;
    world.isServed = true;
    expect((await run('store put a 1')).code).toBe(0);
    expect((await run('store get a')).out).toBe('1\n');
    expect(world.calls).toEqual(['attach', 'close', 'attach', 'close']);
    expect((await run('store get a --read-only')).out).toBe('1\n');
    expect(world.calls.filter((call) => call === 'attach').length).toBe(2);
  });

  it('is told about and stopped', async () => {
    expect((await run('daemon status')).code).toBe(3);
    expect((await run('daemon stop')).out).toBe('no node was running\n');
    world.holder = 4711;
    world.isServed = true;
    expect(await json('daemon status')).toMatchObject({ pid: 4711, socket: '/fake/node.sock' });
    expect((await run('start')).code).toBe(6);
    expect((await run('daemon stop')).out).toBe('stopped process 4711\n');
    expect(world.calls).toContain('stop');
  });

  it('says whether it can do its work, and nothing of one that nobody can ask', async () => {
    world.holder = 4711;
    const unserved = await run('daemon status');
    expect([unserved.code, unserved.err]).toEqual([3, expect.stringContaining('process 4711 has')]);
    expect((await run('daemon stop')).code).toBe(6);
    world.isServed = true;
    expect(await json('daemon status')).toMatchObject({ ready: true, lagCommits: 0 });
    expect((await run('daemon status --ready')).code).toBe(0);
    world.notReady = new AdastraError('disk_full', 'nothing is free');
    const full = await run('daemon status --ready --json');
    expect(full.code).toBe(75);
    expect(JSON.parse(full.out)).toMatchObject({ ready: false, notReady: { code: 'disk_full' } });
    expect((await run('daemon status')).code).toBe(0);
  });
});

describe('start', () => {
  /** Runs until it is ready, then interrupts. */
  async function startAndStop(line: string, before?: () => void): Promise<CliResult> {
    let interrupt = (): void => {};
    const running = run(line, { onStart: (fn) => (interrupt = fn) });
    await expect.poll(() => world.calls.some((call) => call.startsWith('announce'))).toBe(true);
    before?.();
    interrupt();
    return running;
  }

  it('listens, looks, serves, says that it is ready, and ends cleanly with 0', async () => {
    const { code, out, err } = await startAndStop('start --port 4711 --target a:1 --interface lo');
    expect(code).toBe(0);
    expect(out).toContain('ready  node fake-1234  address 127.0.0.1:4711  socket /fake/node.sock');
    expect(err).toContain('listening on 127.0.0.1:4711');
    expect(world.peer.calls).toEqual([
      ['startTransport', { host: undefined, port: 4711 }],
      ['startDiscovery', { port: undefined, targets: ['a:1'], interfaces: ['lo'] }],
      ['stopDiscovery'],
      ['stopTransport'],
    ]);
    expect(world.calls).toEqual(['serve', 'announce 127.0.0.1:4711', 'unserve', 'close']);
  });

  it('prints one object with --json and no lines with --quiet', async () => {
    const { out, err } = await startAndStop('start --no-discovery --json --quiet');
    expect(JSON.parse(out)).toMatchObject({
      ready: true,
      nodeId: 'fake-1234',
      transport: 'running',
    });
    expect(err).toBe('');
    expect(world.peer.calls.map(([name]) => name)).not.toContain('startDiscovery');
  });

  it('works locally where it cannot listen or look, unless it must', async () => {
    world.peer.transportFault = new AdastraError('port_in_use', 'port 1 is taken');
    world.peer.discoveryFault = new AdastraError('permission_denied', 'no');
    const { code, out, err } = await startAndStop('start');
    expect([code, out]).toEqual([0, expect.stringContaining('address none')]);
    expect(err).toContain('warning: not listening for other nodes: port 1 is taken');
    expect(err).toContain('warning: not looking for other nodes: no');
    world.calls.length = 0;
    const must = await run('start --require-transport');
    expect([must.code, must.out]).toEqual([75, '']);
    expect(world.calls).toEqual(['serve', 'unserve', 'close']);
  });

  it('ends when a client asks', async () => {
    const running = run('start');
    await expect.poll(() => world.stopServed).toBeDefined();
    world.stopServed?.();
    expect((await running).code).toBe(0);
  });

  it('refuses a directory without a node, --read-only, and ports that are none', async () => {
    expect((await run('start --data nothing')).code).toBe(1);
    expect((await run('start --read-only')).code).toBe(2);
    expect((await run('start --port 65536')).code).toBe(2);
    expect((await run('start --discovery-port x')).code).toBe(2);
    expect(world.calls).toEqual([]);
  });
});

describe('status', () => {
  it('tells sync, transport, discovery and peers', async () => {
    world.hasPeers = true;
    const { out } = await run('status');
    for (const words of ['transport', 'discovery', 'till-2', 'connected (out)', '90.0 s ahead']) {
      expect(out).toContain(words);
    }
  });

  it('goes on with --watch until Ctrl-C, one object a line with --json', async () => {
    let interrupt = (): void => {};
    const running = run('status --watch --json', { onStart: (fn) => (interrupt = fn) });
    setTimeout(() => interrupt(), 1300);
    const { code, out } = await running;
    expect(code).toBe(130);
    expect(jsonLines(out).length).toBe(2);
  });
});
