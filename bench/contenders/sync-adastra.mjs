// Adastra between two processes, through its public SDK: mutual TLS 1.3 over loopback, level `always`
// on both sides. The worker is the node that receives; the peer process is the node that sends. The
// two are paired by `invite` and `joinWorld`; nothing is dialled but by `connect`.

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { makeKeys, makeValues, valueAt } from '../lib/data.mjs';
import { sleep, withPeer } from '../lib/pair.mjs';
import { entryPoint } from './adastra.mjs';

const TRANSACTION_PUTS = 1_000;
const IN_FLIGHT = 1_000;
const POLL_MS = 1;
const ARRIVAL_MS_MAX = 280_000;

const sdk = () => import(pathToFileURL(entryPoint()).href);

export async function probe() {
  const { Client, joinWorld } = await sdk();
  if (typeof Client?.open !== 'function') throw new Error('the build exports no Client.open');
  if (typeof joinWorld !== 'function') throw new Error('the build exports no joinWorld');
}

/** A node that listens on loopback and dials nobody by itself. */
export async function openNode(dataDir) {
  const { Client } = await sdk();
  const transport = { host: '127.0.0.1', port: 0 };
  return Client.open({
    dataDir,
    durability: 'always',
    transport,
    sync: { autoConnect: false },
  });
}

export async function joinDirectory(dataDir, code) {
  const { joinWorld } = await sdk();
  await joinWorld(dataDir, code);
}

export async function addressOf(node) {
  const { transport } = await node.status();
  return `${transport.host}:${transport.port}`;
}

/** Bytes that this node's links have received and sent, TLS included. */
export async function wireBytes(node) {
  const { transport } = await node.status();
  return transport.bytesIn + transport.bytesOut;
}

/** n puts: `each` = a commit of its own, 1,000 in flight; `transactions` = 1,000 in each. */
export async function fill(node, { n, mode, keyAt, valueOf }) {
  const size = mode === 'transactions' ? TRANSACTION_PUTS : IN_FLIGHT;
  for (let from = 0; from < n; from += size) {
    const to = Math.min(n, from + size);
    const putAll = (target) => {
      const puts = [];
      for (let i = from; i < to; i += 1) puts.push(target.put(keyAt(i), valueOf(i)));
      return puts;
    };
    if (mode === 'transactions') await node.transact((tx) => void putAll(tx));
    else await Promise.all(putAll(node));
  }
}

/** Waits until `isThere` holds, looking every millisecond. */
export async function until(isThere, what) {
  for (const start = performance.now(); !isThere(); ) {
    if (performance.now() - start > ARRIVAL_MS_MAX) throw new Error(`never came: ${what}`);
    await sleep(POLL_MS);
  }
}

/** The node in the peer process. */
export async function node({ dir }) {
  let open;
  const other = { work: undefined };
  return {
    async open() {
      open = await openNode(dir);
      return addressOf(open);
    },
    address: () => addressOf(open),
    close: () => open.close(),
    join: (code) => joinDirectory(dir, code),
    invite: async () => (await open.invite()).code,
    connect: async (address) => void (await open.connect(address)),
    /** The keys and values of the write rows; gives the key that was written last. */
    async fillValues(n, mode) {
      const keys = makeKeys(n);
      const values = makeValues();
      await fill(open, { n, mode, keyAt: (i) => keys[i], valueOf: (i) => valueAt(values, i) });
      return keys[n - 1];
    },
    /** `n` commits that go round over `keys` keys. */
    async commitOver(n, keys) {
      const names = makeKeys(keys);
      const values = makeValues();
      const keyAt = (i) => names[i % keys];
      await fill(open, { n, mode: 'each', keyAt, valueOf: (i) => valueAt(values, i) });
    },
    /** One put after the other; gives when each began, on the machine's clock. */
    async timedPuts(n, pauseMs) {
      const starts = [];
      for (let i = 0; i < n; i += 1) {
        starts.push(String(process.hrtime.bigint()));
        await open.put(`put/${i % 100}`, `${i}`.padStart(100, '.'));
        await sleep(pauseMs);
      }
      return starts;
    },
    put: async (key, text) => void (await open.put(key, text)),
    async untilHash(wanted) {
      while ((await open.hashes()).stateHash !== wanted) await sleep(10);
    },
    stateHash: async () => (await open.hashes()).stateHash,
    beginWork() {
      other.work = { cpu: process.cpuUsage(), loop: watchLoop() };
    },
    /** Since `beginWork`: processor time, and the longest that the event loop stood. */
    endWork() {
      const { user, system } = process.cpuUsage(other.work.cpu);
      return { cpuMs: (user + system) / 1_000, longestMs: other.work.loop.end() };
    },
    maxRssMB: () => process.resourceUsage().maxRSS / 1_000,
    /** One put after the other, until `stopPuts`; gives the time that each took, in ms. */
    beginPuts(pauseMs) {
      other.puts = putsUntilStopped(open, pauseMs);
    },
    stopPuts() {
      other.puts.stop();
      return other.puts.done;
    },
  };
}

function putsUntilStopped(open, pauseMs) {
  let stopped = false;
  const run = async () => {
    const took = [];
    for (let i = 0; !stopped; i += 1) {
      const start = performance.now();
      await open.put('local', i);
      took.push(performance.now() - start);
      await sleep(pauseMs);
    }
    return took;
  };
  return {
    done: run(),
    stop() {
      stopped = true;
    },
  };
}

/** The longest stretch, in ms, in which the event loop did not turn, until `end()` is called. */
function watchLoop() {
  let last = performance.now();
  let longest = 0;
  let next = setImmediate(function turn() {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    next = setImmediate(turn);
  });
  return {
    end() {
      clearImmediate(next);
      return longest;
    },
  };
}

/** The directories of a pair below the one that a worker is given. */
export const pairIn = (dir) => ({ here: join(dir, 'here'), there: join(dir, 'there') });

/** Starts the other node, lets this directory join its world, and does `job` with both. */
export function withPair(dir, job) {
  const { here, there } = pairIn(dir);
  return withPeer({ module: 'sync-adastra', role: 'node', dir: there }, async (peer) => {
    await peer.call('open');
    await joinDirectory(here, await peer.call('invite'));
    return job(peer, here);
  });
}

const END_KEY = 'the end';
const SHARED_KEYS = 10_000;

/**
 * `pair`: two nodes with the same n keys. `absent`: the other node has gone on by n commits over
 * 10,000 keys, which this one lacks; the last of them writes `END_KEY`.
 */
export async function load(dir, fixture, _pairs, n) {
  await withPair(dir, async (peer, here) => {
    const before = fixture === 'pair' ? n : SHARED_KEYS;
    const lastKey = await peer.call('fillValues', before, 'each');
    const wanted = await peer.call('stateHash');
    const open = await openNode(here);
    await open.connect(await peer.call('address'));
    await until(() => open.contains(lastKey), 'the last key');
    if ((await open.hashes()).stateHash !== wanted) throw new Error('the states differ');
    await open.close();
    if (fixture === 'absent') {
      await peer.call('commitOver', n, SHARED_KEYS);
      await peer.call('put', END_KEY, 'here');
    }
    await peer.call('close');
  });
}

/** Both nodes of a loaded directory, open and not connected. */
export function withLoadedPair(dir, job) {
  const { here, there } = pairIn(dir);
  return withPeer({ module: 'sync-adastra', role: 'node', dir: there }, async (peer) => {
    const address = await peer.call('open');
    const open = await openNode(here);
    const result = await job({ peer, open, address });
    await open.close();
    await peer.call('close');
    return result;
  });
}

/** A member joins the world of `role`, takes everything and leaves for good. */
export async function joinAndLeave(dir, role) {
  await withPeer({ module: 'sync-adastra', role: 'node', dir }, async (member) => {
    await member.call('join', await role.invite());
    await member.call('open');
    await member.call('connect', await role.address());
    await member.call('untilHash', await role.stateHash());
    await member.call('close');
  });
}

/** The keys of an absence are here. */
export const untilCaughtUp = (open) => until(() => open.contains(END_KEY), 'the end');

/**
 * What a put on the other node takes until a subscriber here is told, in ms, one by one. The two
 * processes say nothing else to each other meanwhile and read the machine's one monotonic clock.
 */
export function latencies({ dir, n, warm, pauseMs }) {
  return withPair(dir, async (peer, here) => {
    const open = await openNode(here);
    const arrivals = [];
    open.subscribe({ prefix: 'put/' }, () => arrivals.push(process.hrtime.bigint()));
    await open.connect(await peer.call('address'));
    const starts = await peer.call('timedPuts', warm + n, pauseMs);
    await until(() => arrivals.length >= starts.length, 'the last put');
    await open.close();
    return starts.map((start, i) => Number(arrivals[i] - BigInt(start)) / 1e6).slice(warm);
  });
}

/** All keys from the other node to this empty one; the clock runs from before the connection. */
export function transfer({ dir, n, mode }) {
  return withPair(dir, async (peer, here) => {
    const lastKey = await peer.call('fillValues', n, mode);
    const wanted = await peer.call('stateHash');
    const address = await peer.call('address');
    const open = await openNode(here);
    const cpu = process.cpuUsage();
    const start = performance.now();
    await open.connect(address);
    await until(() => open.contains(lastKey), 'the last key');
    const visibleMs = performance.now() - start;
    while ((await open.hashes()).stateHash !== wanted) await sleep(POLL_MS);
    const seconds = (performance.now() - start) / 1_000;
    const { user, system } = process.cpuUsage(cpu);
    if (open.count() !== n) throw new Error(`${open.count()} keys of ${n} came`);
    const bytes = await wireBytes(open);
    await open.close();
    return { seconds, bytes, extra: { visibleMs, cpuMs: (user + system) / 1_000 } };
  });
}
