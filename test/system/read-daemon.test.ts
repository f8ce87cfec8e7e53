/**
 * `adastra start` and `adastra read` as processes: a reader has what the writer acknowledged, also
 * after either of them was killed, and says how far it is.
 */
import { cpSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { AdastraError } from '../../src/core/index.ts';
import { type AttachedNode, attachTo } from '../../src/daemon/index.ts';
import { type RunningAdastra, runAdastra, startAdastra } from '../support/adastra-process.ts';
import { figure, TIMEOUT_MS } from '../support/long.ts';

const ROUNDS = figure({ short: 3, long: 20 });
const PUTS = figure({ short: 60, long: 1000 });

let folder: string;
let started: RunningAdastra[];
let attached: AttachedNode[];
let proxies: (() => void)[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'adastra-read-'));
  started = [];
  attached = [];
  proxies = [];
  expect((await runAdastra(folder, ['init'])).code).toBe(0);
});

afterEach(async () => {
  for (const node of attached) await node.close();
  for (const end of proxies) end();
  for (const { child, ended } of started) {
    child.kill('SIGKILL');
    await ended;
  }
  rmSync(folder, { recursive: true, force: true });
});

async function begin(line: string): Promise<RunningAdastra> {
  const running = startAdastra(folder, line.split(' '));
  started.push(running);
  await running.see('"ready":true');
  return running;
}

const write = (): Promise<RunningAdastra> => begin('start --no-discovery --json');
const read = (data = 'reader', follow = 'adastra-data'): Promise<RunningAdastra> =>
  begin(`read --follow ${follow} --data ${data} --json`);

async function node(directory: string): Promise<AttachedNode> {
  const found = await attachTo(join(folder, directory));
  if (found === undefined) throw new Error(`nobody serves ${directory}`);
  attached.push(found);
  return found;
}

async function kill({ child, ended }: RunningAdastra): Promise<void> {
  child.kill('SIGKILL');
  await ended;
}

/** Writes until it is told to stop, or nobody answers; the keys that were acknowledged. */
async function load(writer: AttachedNode, round: number, count: number): Promise<string[]> {
  const keys: string[] = [];
  try {
    for (let index = 0; index < count; index++) {
      const key = `load/${round}/${index}`;
      await writer.put(key, { round, index });
      keys.push(key);
    }
  } catch (error) {
    if (!AdastraError.is(error)) throw error;
  }
  return keys;
}

async function caughtUp(reader: AttachedNode, writer: AttachedNode): Promise<void> {
  const { seq } = await writer.hashes();
  await reader.waitForSeq(seq, { timeoutMs: 30_000 });
  expect(await reader.hashes()).toEqual(await writer.hashes());
}

it("reads its writer's writes, through kill -9 of either", { timeout: TIMEOUT_MS }, async () => {
  let writing = await write();
  let reading = await read();
  const acknowledged: string[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const writer = await node('adastra-data');
    const loading = load(writer, round, PUTS);
    await sleep(100 + round * 37);
    if (round % 2 === 0) {
      await kill(reading);
      reading = await read();
    } else {
      await kill(writing);
      writing = await write();
    }
    acknowledged.push(...(await loading));
    const [again, reader] = [await node('adastra-data'), await node('reader')];
    const { seq } = await again.put('round', round);
    await reader.waitForSeq(seq, { timeoutMs: 30_000 });
    expect(await reader.get('round')).toBe(round);
    await caughtUp(reader, again);
    for (const key of acknowledged) expect(await reader.get(key)).toBeDefined();
    const { lagCommits, source } = await reader.freshness();
    expect([lagCommits, source]).toMatchObject([0, { kind: 'directory', state: 'connected' }]);
  }
  reading.child.kill('SIGTERM');
  expect((await reading.ended).code).toBe(0);
});

it('says that its writer is away, and for how long', { timeout: TIMEOUT_MS }, async () => {
  const writing = await write();
  await read();
  const writer = await node('adastra-data');
  const { seq } = await writer.put('a', 1);
  const reader = await node('reader');
  await reader.waitForSeq(seq, { timeoutMs: 30_000 });
  await kill(writing);
  await expect
    .poll(async () => (await reader.freshness()).source.state, { timeout: 30_000 })
    .toBe('unreachable');
  const before = await reader.freshness();
  await sleep(50);
  const after = await reader.freshness();
  expect(after.lagMs).toBeGreaterThan(before.lagMs);
  expect(await reader.get('a')).toBe(1);
  await expect(reader.put('a', 2)).rejects.toMatchObject({ code: 'read_only' });
});

it('makes its state anew from a log that was put back', { timeout: TIMEOUT_MS }, async () => {
  const writing = await write();
  const writer = await node('adastra-data');
  await load(writer, 0, 20);
  const stop = async ({ child, ended }: RunningAdastra): Promise<void> => {
    child.kill('SIGTERM');
    await ended;
  };
  await stop(writing);
  cpSync(join(folder, 'adastra-data'), join(folder, 'copy'), { recursive: true });
  const again = await write();
  await load(await node('adastra-data'), 1, 20);
  await read();
  const reader = await node('reader');
  await caughtUp(reader, await node('adastra-data'));
  await stop(again);
  renameSync(join(folder, 'adastra-data'), join(folder, 'gone'));
  renameSync(join(folder, 'copy'), join(folder, 'adastra-data'));
  await write();
  const restored = await node('adastra-data');
  await load(restored, 2, 30);
  await expect
    .poll(async () => (await reader.status()).reader?.rebuilds, { timeout: 30_000 })
    .toBe(1);
  await caughtUp(reader, restored);
  expect(await reader.get('load/1/0')).toBeUndefined();
  expect(await reader.get('load/2/29')).toEqual({ round: 2, index: 29 });
});

/** A port of this machine that leads to a node's local socket. */
async function portTo(socket: string): Promise<{ readonly url: string; cut(): void }> {
  const open = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(socket);
    for (const end of [near, far]) {
      open.add(end);
      end.on('error', () => {});
      end.on('close', () => {
        open.delete(end);
        near.destroy();
        far.destroy();
      });
    }
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = (): void => {
    for (const end of open) end.destroy();
  };
  proxies.push(() => {
    server.close();
    cut();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, cut };
}

it('copies the log of a node at a URL, byte for byte, through kill -9 and cut lines', {
  timeout: TIMEOUT_MS,
}, async () => {
  await write();
  const writer = await node('adastra-data');
  await load(writer, 0, 20);
  const { url, cut } = await portTo(join(folder, 'adastra-data/node.sock'));
  let mirroring = await read('mirror', url);
  for (let round = 1; round < ROUNDS; round++) {
    const loading = load(writer, round, PUTS);
    await sleep(50 + round * 31);
    if (round % 2 === 0) cut();
    else {
      await kill(mirroring);
      mirroring = await read('mirror', url);
    }
    await loading;
    await caughtUp(await node('mirror'), writer);
  }
  await read('second', 'mirror');
  const { url: mirrored } = await portTo(join(folder, 'mirror/node.sock'));
  await read('third', mirrored);
  await load(writer, 99, 10);
  for (const directory of ['mirror', 'second', 'third']) {
    await caughtUp(await node(directory), writer);
  }
  for (const directory of ['mirror', 'third']) {
    const name = 'log/00000001.log';
    const copy = readFileSync(join(folder, directory, name));
    const original = readFileSync(join(folder, 'adastra-data', name));
    expect(original.subarray(0, copy.length).equals(copy)).toBe(true);
  }
  expect((await runAdastra(folder, ['log', 'verify', '--data', 'third'])).code).toBe(0);
});

it('follows over HTTP with a token of an admin, and answers over HTTP', {
  timeout: TIMEOUT_MS,
}, async () => {
  const serving = startAdastra(folder, ['serve', '--port', '0', '--json']);
  started.push(serving);
  await serving.see('"ready":true');
  const writer = await node('adastra-data');
  const { url } = writer.running;
  const { token } = await writer.createToken({ role: 'admin' });
  const { token: reading } = await writer.createToken({ role: 'read' });
  const refused = await runAdastra(folder, ['read', '--follow', url ?? '', '--data', 'mirror']);
  expect([refused.code, refused.err]).toEqual([1, expect.stringContaining('unauthenticated')]);
  process.env['ADASTRA_TOKEN'] = token;
  try {
    await begin(`read --follow ${url} --data mirror --http 0 --json`);
  } finally {
    delete process.env['ADASTRA_TOKEN'];
  }
  const reader = await node('mirror');
  await load(writer, 0, 10);
  await caughtUp(reader, writer);
  const ask = (bearer: string): Promise<Response> =>
    fetch(`${reader.running.url}/v1/entries/load%2F0%2F9`, {
      headers: { authorization: `Bearer ${bearer}` },
    });
  const answer = await ask(reading);
  expect([answer.status, answer.headers.get('adastra-lag-commits')]).toEqual([200, '0']);
  await writer.revokeToken(reading.slice(4, 20));
  await caughtUp(reader, writer);
  expect((await ask(reading)).status).toBe(401);
});

it('follows a read daemon as it follows a node', { timeout: TIMEOUT_MS }, async () => {
  await write();
  await read('first');
  await read('second', 'first');
  const writer = await node('adastra-data');
  await load(writer, 0, 10);
  await caughtUp(await node('second'), writer);
});
