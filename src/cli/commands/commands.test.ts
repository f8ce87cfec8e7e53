import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type CliResult,
  type CliRunOptions,
  jsonLines,
  runCli,
} from '../../../test/support/cli-run.ts';
import { FakeDirectory, FakeWorld } from '../../../test/support/fake-node.ts';
import { AdastraError } from '../../core/index.ts';
import { commandTable } from '../command-table.ts';

let world: FakeWorld;
let directory: FakeDirectory;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'adastra-cli-'));
  world = new FakeWorld();
  directory = new FakeDirectory();
  world.directories.set(join(folder, 'adastra-data'), directory);
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function run(line: string | readonly string[], options: CliRunOptions = {}): Promise<CliResult> {
  const argv = typeof line === 'string' ? line.split(' ') : line;
  return runCli(world, argv, { cwd: folder, ...options });
}

async function json(line: string | readonly string[]): Promise<Record<string, unknown>> {
  const argv = typeof line === 'string' ? line.split(' ') : line;
  return JSON.parse((await run([...argv, '--json'])).out) as Record<string, unknown>;
}

describe('the frame', () => {
  it('shows help, with an example, for every command', async () => {
    for (const { name, examples } of commandTable) {
      const { code, out } = await run([...name.split(' '), '--help']);
      expect(code).toBe(0);
      expect(out).toContain(`$ adastra ${examples[0]}`);
    }
    const overview = await run('--help');
    for (const word of ['store', 'import', 'doctor']) expect(overview.out).toContain(word);
  });

  it('without arguments and without a terminal shows help on stderr and fails with 2', async () => {
    const { code, out, err } = await run([]);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain('Usage: adastra');
  });

  it('prints its version', async () => {
    expect((await run('--version')).out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it.each([
    ['statsu', 'Did you mean status?'],
    ['store gte k', 'Did you mean'],
    ['store get', "missing required argument 'key'"],
    ['store get a b', 'too many arguments'],
    ['store list --limti 3', 'Did you mean --limit?'],
    ['store list --limit x', '--limit must be a whole number'],
    ['store put k v --durability never', '--durability must be one of always, interval, os'],
    ['frobnicate', 'unknown command'],
    ['store', 'a command is missing'],
    ['replay', 'pass --verify'],
  ])('%s is wrong usage (2) and says what helps', async (line, words) => {
    const { code, out, err } = await run(line);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(words);
  });

  it('gives errors as one JSON object on stdout with --json', async () => {
    const usage = await run('statsu --json');
    expect(usage.code).toBe(2);
    expect(JSON.parse(usage.out)).toMatchObject({
      error: { code: 'invalid_options', retryable: false },
    });
    const missing = await run('store get nothing --json');
    expect(missing.code).toBe(3);
    expect(JSON.parse(missing.out)).toMatchObject({ error: { code: 'not_found' } });
    expect(missing.err).toBe('');
  });

  it('says who holds a locked directory, and reads beside it with --read-only', async () => {
    world.holder = 4711;
    const { code, err } = await run('store count');
    expect(code).toBe(6);
    expect(err).toContain('process 4711');
    expect(err).toContain('--read-only');
    expect((await run('store count --read-only')).out).toBe('0\n');
  });

  it('closes the node however the command ends', async () => {
    await run('store get nothing');
    expect(world.calls).toEqual(['close']);
  });

  it('creates a directory for a write and never for a read', async () => {
    for (const line of ['store list', 'status', 'store remove k', 'checkpoint', 'log tail']) {
      const { code, err } = await run(`${line} --data new`);
      expect(code).toBe(1);
      expect(err).toContain('not_initialized');
    }
    expect(world.directories.size).toBe(1);
    expect(readdirSync(folder)).toEqual([]);
    const { code, err } = await run('store put k v --data new');
    expect(code).toBe(0);
    expect(err).toContain(`made ${join(folder, 'new')}`);
  });

  it('finds the directory by --data, ADASTRA_DATA, adastra.config.json, in this order', async () => {
    for (const name of ['flag', 'variable', 'config']) {
      const other = new FakeDirectory();
      other.entries.set('name', { value: name, stamp: 's' });
      world.directories.set(join(folder, name), other);
    }
    writeFileSync(join(folder, 'adastra.config.json'), '{"data": "config", "durability": "os"}');
    const env = { ADASTRA_DATA: 'variable' };
    expect((await run('store get name')).out).toBe('config\n');
    expect((await run('store get name', { env })).out).toBe('variable\n');
    expect((await run('store get name --data flag', { env })).out).toBe('flag\n');
    expect((await run('--data flag store get name', { env })).out).toBe('flag\n');
    writeFileSync(join(folder, 'adastra.config.json'), '{"dta": "config"}');
    const { code, err } = await run('store get name');
    expect([code, err]).toEqual([2, expect.stringContaining('unknown setting "dta"')]);
  });

  it('ends quietly when the reader of stdout goes away', async () => {
    for (let index = 0; index < 20_000; index++) {
      directory.entries.set(`key/${index}`, { value: 'x'.repeat(20), stamp: 's' });
    }
    let listed = 0;
    world.onListed = () => {
      listed += 1;
    };
    const stdout = new Writable({
      write(_block, _encoding, done) {
        done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
      },
    });
    const { code, err } = await run('store list', { stdout });
    expect([code, err]).toEqual([0, '']);
    expect(listed).toBeLessThan(10_000);
  });

  it('waits for a slow reader instead of gathering everything in memory', async () => {
    for (let index = 0; index < 20_000; index++) {
      directory.entries.set(`key/${index}`, { value: 'x'.repeat(20), stamp: 's' });
    }
    let listed = 0;
    let largest = 0;
    let bytes = 0;
    world.onListed = () => {
      listed += 1;
      largest = Math.max(largest, listed * 30 - bytes);
    };
    const stdout = new Writable({
      highWaterMark: 1024,
      write(block: Buffer, _encoding, done) {
        bytes += block.length;
        setTimeout(done, 1);
      },
    });
    expect((await run('store list', { stdout })).code).toBe(0);
    expect(bytes).toBeGreaterThan(600_000);
    expect(largest).toBeLessThan(200_000);
  });

  it('gives 130 at Ctrl-C', async () => {
    directory.entries.set('a', { value: 1, stamp: 's' });
    let interrupt = (): void => {};
    const running = run('log tail --follow', { onStart: (stop) => (interrupt = stop) });
    setTimeout(() => interrupt(), 50);
    expect((await running).code).toBe(130);
    expect(world.calls).toEqual(['close']);
  });
});

describe('store', () => {
  it.each([
    ['Gaspard', 'Gaspard'],
    ['5', 5],
    ['-5', -5],
    ['null', null],
    ['"quoted"', 'quoted'],
    ['{"a":[1,{"b":null}]}', { a: [1, { b: null }] }],
    ['{"$date":"2026-01-02T03:04:05.678Z"}', new Date('2026-01-02T03:04:05.678Z')],
    ['{"$bigint":"123456789012345678901"}', 123456789012345678901n],
    ['{"$bytes":"AQID"}', Uint8Array.of(1, 2, 3)],
    ['', ''],
    ['hello world', 'hello world'],
  ])('puts %s', async (text, expected) => {
    expect((await run(['store', 'put', 'k', text])).code).toBe(0);
    expect(directory.entries.get('k')?.value).toEqual(expected);
  });

  it.each([
    ['{"a":}', 'column 6: unexpected "}"'],
    ['[1,2', 'column 5: it ends too early'],
    ['"open', 'column 6: it ends too early'],
    ['{"$date":"yesterday"}', 'malformed $date'],
    ['1e999', '$'],
  ])('refuses %s with its place', async (text, words) => {
    const { code, err } = await run(['store', 'put', 'k', text]);
    expect(code).toBe(2);
    expect(err).toContain(words);
    expect(directory.commits).toHaveLength(0);
  });

  it('stores text as it is with --string, and reads - from stdin', async () => {
    await run(['store', 'put', 'a', '{"a":', '--string']);
    await run('store put b -', { stdin: '{"x": 1}\n' });
    await run('store put c - --string', { stdin: 'line\n' });
    expect([...directory.entries.values()].map(({ value }) => value)).toEqual([
      '{"a":',
      { x: 1 },
      'line\n',
    ]);
  });

  it('keeps conditions and command ids', async () => {
    const first = await json('store put k 1 --command-id c1');
    expect(first).toMatchObject({ key: 'k', seq: 1, replayed: false });
    expect(await json('store put k 1 --command-id c1')).toMatchObject({ seq: 1, replayed: true });
    expect((await run('store put k 2 --command-id c1')).code).toBe(4);
    expect((await run('store put k 2 --if-absent')).code).toBe(4);
    expect((await run('store put k 2 --if-stamp wrong')).code).toBe(4);
    expect((await run(`store put k 2 --if-stamp ${String(first['stamp'])}`)).code).toBe(0);
  });

  it('gets for people and for programs', async () => {
    await run(['store', 'put', 'k', '{"b": {"$bigint": "7"}, "a": "x"}']);
    expect((await run('store get k')).out).toBe('{"b":{"$bigint":"7"},"a":"x"}\n');
    expect(await json('store get k')).toEqual({
      key: 'k',
      value: { b: { $bigint: '7' }, a: 'x' },
      stamps: ['s1'],
    });
    const { code, out, err } = await run('store get other');
    expect([code, out]).toEqual([3, '']);
    expect(err).toContain('no value under "other"');
  });

  it('removes, and says where there was nothing', async () => {
    await run('store put k 1');
    expect(await json('store remove k')).toMatchObject({ changed: true, seq: 2 });
    expect(await json('store remove k')).toMatchObject({ changed: false });
    expect((await run('store remove k')).out).toContain('nothing to do');
  });

  it('lists ranges in order, keys only or with values, and counts', async () => {
    for (const key of ['b/2', 'a/1', 'b/1', 'b/3', '$sys']) {
      directory.entries.set(key, { value: { of: key }, stamp: 's' });
    }
    expect((await run('store list b/ --limit 2')).out).toBe(
      'b/1\t{"of":"b/1"}\nb/2\t{"of":"b/2"}\n',
    );
    expect((await run('store list --reverse --keys --limit 1')).out).toBe('b/3\n');
    expect((await run('store list --gt b/1 --lte b/3 --keys')).out).toBe('b/2\nb/3\n');
    expect((await run('store list --system --keys --lt a')).out).toBe('$sys\n');
    expect(jsonLines((await run('store list b/ --json --gte b/3')).out)).toEqual([
      { key: 'b/3', value: { of: 'b/3' } },
    ]);
    expect((await run('store count b/')).out).toBe('3\n');
    expect(await json('store count')).toEqual({ count: 4 });
  });

  it('shows the history of a key, newest first', async () => {
    await run('store put k 1');
    await run('store put k 2');
    await run('store remove k');
    const lines = (await run('store history k')).out.trimEnd().split('\n');
    expect(lines.map((line) => line.split('  ').at(-1))).toEqual(['removed', '2', '1']);
    const [newest, second] = jsonLines((await run('store history k --json --limit 2')).out);
    expect(newest).toMatchObject({ key: 'k', kind: 'remove', seq: 3 });
    expect(second).toMatchObject({ kind: 'put', value: 2 });
    expect((await run('store history other')).code).toBe(3);
  });
});

describe('log, status and the rest', () => {
  it('tails the last ten commits or from a seq on', async () => {
    for (let index = 1; index <= 12; index++) await run(`store put k ${index}`);
    const tail = jsonLines((await run('log tail --json')).out);
    expect(tail).toHaveLength(10);
    expect(tail[0]).toMatchObject({ seq: 3, events: [{ key: 'k', kind: 'put', value: 3 }] });
    expect((await run('log tail --from 11')).out.split('\n')[0]).toMatch(/^11 .*put k$/);
  });

  it('verifies, and repairs only after a yes', async () => {
    expect((await run('log verify')).code).toBe(0);
    world.damaged = true;
    const bad = await run('log verify');
    expect(bad.code).toBe(5);
    expect(bad.out).toContain('000001.log at offset 77 (seq 3): checksum');
    const unasked = await run('log repair');
    expect([unasked.code, unasked.err]).toEqual([2, expect.stringContaining('--yes')]);
    expect(world.calls).not.toContain('repair');
    expect(await json('log repair --yes')).toEqual({ keptSeq: 2 });
  });

  it('replays and compares', async () => {
    expect(await json('replay --verify')).toMatchObject({ matches: true, stateHash: 'aa' });
    world.damaged = true;
    expect((await run('replay --verify')).code).toBe(5);
  });

  it('prints status with the names that interfaces promise', async () => {
    const status = await json('status');
    for (const name of ['stateHash', 'contentHash', 'seq', 'nodeId', 'worldId']) {
      expect(status[name]).toBeDefined();
    }
    for (const name of ['store', 'wal', 'sync', 'transport', 'discovery', 'peers']) {
      expect(typeof status[name]).toBe('object');
    }
    expect((await run('status')).out).toContain('content hash');
  });

  it('runs init, node info, log stat, checkpoint, backup, restore', async () => {
    expect(await json('init --data fresh --node-id kitchen')).toMatchObject({ nodeId: 'kitchen' });
    expect((await run('init')).code).toBe(4);
    expect(await json('node info')).toMatchObject({ capabilities: ['store'] });
    expect(await json('log stat')).toMatchObject({ headSeq: 0, durability: 'always' });
    expect((await run('log stat')).out).toContain('2.0 KiB');
    expect(await json('checkpoint')).toMatchObject({ entries: 0 });
    expect(await json('backup copy')).toMatchObject({ directory: join(folder, 'copy') });
    await run('restore copy --data restored');
    expect(world.calls).toContain(`restore ${join(folder, 'copy')} ${join(folder, 'restored')}`);
  });

  it('examines the machine, and fails where something is wrong', async () => {
    const fine = await json('doctor');
    expect(fine['ok']).toBe(true);
    const checks = (fine['findings'] as { check: string }[]).map(({ check }) => check);
    for (const check of ['node', 'lock', 'fsync', 'file system', 'clock', 'free space', 'data']) {
      expect(checks).toContain(check);
    }
    writeFileSync(join(folder, 'file'), '');
    const bad = await run('doctor --data file');
    expect(bad.code).toBe(1);
    expect(bad.out).toContain('is not a directory');
    expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('');
    expect(readdirSync(folder)).toEqual(['file']);
  });

  it('names the holder in doctor', async () => {
    world.holder = 4711;
    expect((await run('doctor')).out).toContain('process 4711');
  });

  it('reports a fault of its own with a stack and 1', async () => {
    world.open = () => Promise.reject(new TypeError('boom'));
    const { code, err } = await run('status');
    expect(code).toBe(1);
    expect(err).toContain('TypeError: boom');
    world.open = () => Promise.reject(new AdastraError('log_damaged', 'bad batch'));
    expect((await run('status')).code).toBe(5);
  });
});
