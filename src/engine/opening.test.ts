import { expect, test } from 'vitest';
import { laneOf, newMachine, NODE_DIRECTORY, openNode } from '../../test/support/memory-node.ts';
import { AdastraError } from '../core/index.ts';
import type { MemoryEnv } from '../env/memory/index.ts';
import { initializeDirectory } from './initialize.ts';
import { openEngine } from './open-engine.ts';
import { type NodeOptions, resolveOptions } from './options.ts';

const LIMITS = resolveOptions({ memory: true }).limits;

async function codeOf(call: Promise<unknown> | (() => unknown)): Promise<string> {
  try {
    await (typeof call === 'function' ? call() : call);
  } catch (error) {
    if (AdastraError.is(error)) return error.code;
    throw error;
  }
  return 'none';
}

function writeFile(env: MemoryEnv, path: string, text: string): void {
  const file = env.fs.open(path, 'create');
  const bytes = new TextEncoder().encode(text);
  file.write(bytes, 0, bytes.length, 0);
  file.close();
}

/** Opens without making anything. */
function openExisting(env: MemoryEnv, options: NodeOptions = {}): Promise<unknown> {
  const resolved = resolveOptions({ dataDir: NODE_DIRECTORY, ...options });
  return openEngine(env, NODE_DIRECTORY, resolved, { create: false });
}

test.each([
  [{}, 'dataDir', undefined],
  [{ dataDir: 'a', memory: true }, 'dataDir', undefined],
  [{ dataDir: '' }, 'dataDir', undefined],
  [{ memory: false }, 'memory', undefined],
  [{ memory: true, durabilty: 'os' }, 'durabilty', 'durability'],
  [{ memory: true, datadir: 'x' }, 'datadir', 'dataDir'],
  [{ memory: true, durability: 'never' }, 'durability', undefined],
  [{ memory: true, intervalMs: 0 }, 'intervalMs', undefined],
  [{ memory: true, onDamage: 'ignore' }, 'onDamage', undefined],
  [{ memory: true, readOnly: true }, 'readOnly', undefined],
  [{ dataDir: 'a', readOnly: 1 }, 'readOnly', undefined],
  [{ memory: true, nodeId: '-x' }, 'nodeId', undefined],
  [{ memory: true, displayName: '' }, 'displayName', undefined],
  [{ memory: true, retention: { comits: 1 } }, 'comits', 'commits'],
  [{ memory: true, retention: { commits: 0 } }, 'retention.commits', undefined],
  [{ memory: true, retention: 5 }, 'retention', undefined],
  [{ memory: true, limits: { depthMx: 4 } }, 'depthMx', 'depthMax'],
  [{ memory: true, limits: null }, 'limits', undefined],
  [{ memory: true, limits: { keyBytesMax: 1025 } }, 'limits.keyBytesMax', undefined],
  [{ memory: true, limits: { commitBytesMax: 2 ** 25 + 1 } }, 'limits.commitBytesMax', undefined],
  [{ memory: true, logger: { info: () => 1 } }, 'logger', undefined],
  [{ memory: true, operations: 5 }, 'operations', undefined],
  [{ memory: true, operations: [null] }, 'operations', undefined],
  [{ memory: true, checkpointBytes: -1 }, 'checkpointBytes', undefined],
])('%j is invalid_options, naming %s', (options, name, nearest) => {
  try {
    resolveOptions(options as never);
    expect.unreachable();
  } catch (error) {
    if (!AdastraError.is(error)) throw error;
    expect([error.code, error.details['option']]).toEqual(['invalid_options', name]);
    if (nearest !== undefined) expect(error.hint).toContain(nearest);
  }
});

test('options that are no object, operations that are none or twice there', async () => {
  for (const options of [null, undefined, 5]) {
    expect(await codeOf(() => resolveOptions(options as never))).toBe('invalid_options');
  }
  const operation = { name: 'sell', version: 1, handler: () => 1 };
  for (const operations of [
    [operation, operation],
    [{ ...operation, version: 0 }],
    [{ ...operation, name: 'put' }],
  ]) {
    expect(await codeOf(() => resolveOptions({ memory: true, operations }))).toBe(
      'invalid_options',
    );
  }
});

test('the first commit is the world: its founder, its limits, its level', async () => {
  const engine = await openNode(newMachine(), {
    nodeId: 'till-1',
    displayName: 'Till',
    limits: { depthMax: 9 },
  });
  const info = await engine.nodeInfo();
  expect(info).toMatchObject({ nodeId: 'till-1', displayName: 'Till' });
  expect(engine.seq).toBe(1);
  expect(engine.reads.get(`$member/${info.fingerprint}`)).toMatchObject({
    role: 'admin',
    founder: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  expect(engine.reads.get('$world/limits')).toMatchObject({
    depthMax: 9,
    valueBytesMax: 1024 * 1024,
  });
  const [member, writer] = laneOf(engine).vector.entries();
  expect([member?.[0].startsWith(info.fingerprint), writer]).toEqual([true, undefined]);
});

test('a node smaller than its own statements can still be founded', async () => {
  const engine = await openNode(newMachine(), {
    limits: { keyBytesMax: 8, valueBytesMax: 20, depthMax: 1 },
  });
  await engine.put('k', 'small');
  expect(await codeOf(engine.put('k', 'x'.repeat(30)))).toBe('limit_exceeded');
});

test('what stands where a directory should be', async () => {
  const env = newMachine();
  env.fs.makeDirectory('/data');
  writeFile(env, NODE_DIRECTORY, 'a file');
  expect(await codeOf(openNode(env))).toBe('not_a_directory');
  env.fs.removeFile(NODE_DIRECTORY);
  const below = resolveOptions({ dataDir: '/data/file/below' });
  writeFile(env, '/data/file', 'a file');
  expect(await codeOf(openEngine(env, '/data/file/below', below, { create: true }))).toBe(
    'not_a_directory',
  );
  env.fs.makeDirectory(NODE_DIRECTORY);
  expect(await codeOf(openExisting(env))).toBe('not_initialized');
  writeFile(env, `${NODE_DIRECTORY}/letter.txt`, 'dear');
  expect(await codeOf(openNode(env))).toBe('already_exists');
  env.fs.removeFile(`${NODE_DIRECTORY}/letter.txt`);
  await (await openNode(env)).close();
  const init = initializeDirectory(env, NODE_DIRECTORY, { limits: LIMITS });
  expect(await codeOf(init)).toBe('already_exists');
});

test.each([
  ['EACCES', 'permission_denied'],
  ['EROFS', 'permission_denied'],
  ['ENOSPC', 'disk_full'],
  ['EIO', 'io_error'],
] as const)(
  'a directory that cannot be made: %s is %s, and can be made later',
  async (error, code) => {
    const env = newMachine();
    let count = 0;
    env.fs.setOnOperation(({ kind }) =>
      kind === 'makeDirectory' && ++count === 3 ? { error } : undefined,
    );
    expect(await codeOf(openNode(env))).toBe(code);
    env.fs.setOnOperation(undefined);
    const engine = await openNode(env);
    await engine.put('k', 1);
    expect(engine.reads.get('k')).toBe(1);
  },
);

test('a directory that may not be looked into', async () => {
  const env = newMachine();
  env.fs.setOnRead(({ kind }) => (kind === 'stat' ? { error: 'EACCES' } : undefined));
  expect(await codeOf(openNode(env))).toBe('permission_denied');
});

test('locked: the holder is named, our own process gets its own hint; the lock ends with close', async () => {
  const env = newMachine();
  const engine = await openNode(env);
  await expect(openNode(env)).rejects.toMatchObject({
    code: 'locked',
    retryable: true,
    hint: expect.stringContaining('globalThis'),
    details: { holder: { pid: env.host.pid, hostname: env.host.hostname } },
  });
  const other = { ...env, host: { ...env.host, pid: 77 } } as MemoryEnv;
  await expect(openNode(other)).rejects.toMatchObject({
    code: 'locked',
    message: expect.stringContaining(`process ${env.host.pid}`),
    hint: expect.stringContaining('kill -9'),
  });
  await engine.close();
  await (await openNode(env)).close();
});

test('readOnly takes no lock, writes nothing, and shows what is durable', async () => {
  const env = newMachine();
  expect(await codeOf(openNode(env, { readOnly: true }))).toBe('not_initialized');
  const writer = await openNode(env);
  await writer.put('k', 1);
  await writer.put('l', 2);
  env.timers.advance(500);
  let changes = 0;
  env.fs.setOnOperation(() => {
    changes++;
    return undefined;
  });
  const reader = await openNode(env, { readOnly: true });
  expect([...reader.reads.list()]).toEqual([
    ['k', 1],
    ['l', 2],
  ]);
  expect((await reader.status()).health).toBe('read_only');
  expect(await codeOf(reader.put('k', 2))).toBe('read_only');
  expect(await codeOf(reader.checkpoint())).toBe('read_only');
  expect(await codeOf(reader.receiveFrame([], []))).toBe('read_only');
  const history: unknown[] = [];
  for await (const { value } of reader.history('k')) history.push(value);
  expect(history).toEqual([1]);
  await reader.close();
  expect(changes).toBe(0);
  env.fs.setOnOperation(undefined);
  await writer.put('os', 3, { durability: 'os' });
  const second = await openNode(env, { readOnly: true });
  expect(second.reads.get('os')).toBeUndefined();
  await writer.close();
});

test('damage throws, or opens the good prefix read-only', async () => {
  const env = newMachine();
  const engine = await openNode(env);
  await engine.put('good', 1);
  const { bytes } = engine.parts.log.stat();
  await engine.put('bad', 2);
  await engine.put('after', 3);
  await engine.close();
  env.fs.flipBit(`${NODE_DIRECTORY}/log/00000001.log`, bytes + 100, 3);
  await expect(openNode(env)).rejects.toMatchObject({
    code: 'log_damaged',
    details: { file: expect.stringContaining('00000001.log'), lastGoodSeq: 2 },
  });
  const damaged = await openNode(env, { onDamage: 'readOnly' });
  expect([...damaged.reads.list()]).toEqual([['good', 1]]);
  expect((await damaged.status()).health).toBe('damaged');
  await expect(damaged.put('k', 1)).rejects.toMatchObject({
    code: 'read_only',
    hint: expect.stringContaining('repair'),
  });
  await damaged.close();
  expect(await codeOf(openNode(env, { readOnly: true }))).toBe('log_damaged');
});

test('the key lies in identityDir where one is given, and is needed', async () => {
  const env = newMachine();
  const identityDir = '/keys/node';
  const first = await openNode(env, { identityDir, nodeId: 'a' });
  const { fingerprint } = await first.nodeInfo();
  await first.close();
  expect(env.fs.stat(`${NODE_DIRECTORY}/identity`)).toBeUndefined();
  expect(env.fs.stat(`${identityDir}/node.json`)).toBeDefined();
  expect(await codeOf(openNode(env))).toBe('identity_damaged');
  const second = await openNode(env, { identityDir });
  expect(await second.nodeInfo()).toMatchObject({ fingerprint, nodeId: 'a' });
  await second.close();
  env.fs.flipBit(`${identityDir}/node.json`, 60, 0);
  expect(await codeOf(openNode(env, { identityDir }))).toBe('identity_damaged');
});

test('every opening that writes is a new incarnation that names the one before', async () => {
  const env = newMachine();
  const origins: string[] = [];
  for (let opening = 0; opening < 3; opening++) {
    const engine = await openNode(env);
    if (opening !== 1) origins.push((await engine.put('k', opening)).origin);
    const status = await engine.status();
    expect(status.wal.term).toBeGreaterThan(opening);
    await engine.close();
  }
  expect(new Set(origins).size).toBe(2);
  const engine = await openNode(env);
  const { predecessor } = laneOf(engine).parts.author;
  expect(predecessor).toMatchObject({ origin: origins[1], lastOriginSeq: 1 });
});
