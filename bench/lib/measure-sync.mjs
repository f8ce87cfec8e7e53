// How the rows between two nodes are timed. The worker is one of the two processes; what it measures
// on itself (arrival, bytes, memory) needs no common clock.

import { setTimeout as sleep } from 'node:timers/promises';
import { percentile } from './pair.mjs';

const MEGABYTE = 1e6;
const LATENCY_WARM = 200;
const LATENCY_PAUSE_MS = 3;
const QUIET_MS = 3_000;
const IDLE_MS = 2_000;
const PUT_PAUSE_MS = 1;
const WAITING_KEYS = 10_000;

/** Keys per second from one node to an empty one. */
export async function transferRate({ contender, mode, dir, n }) {
  const { seconds, bytes, extra } = await contender.transfer({ dir, n, mode });
  return { value: n / seconds, extra: { wireMB: bytes / MEGABYTE, ...extra } };
}

/** Megabytes that went over the wire for it, both ways. */
export async function transferBytes({ contender, mode, dir, n }) {
  const { bytes } = await contender.transfer({ dir, n, mode });
  return { value: bytes / MEGABYTE, extra: { bytesPerKey: bytes / n } };
}

/** Latency of n operations, one at a time, at the share `p`, in ms. */
export const latencyAt =
  (p) =>
  async ({ contender, mode, dir, n }) => {
    const job = { dir, mode, n, warm: LATENCY_WARM, pauseMs: LATENCY_PAUSE_MS };
    const took = await contender.latencies(job);
    if (took.length !== n) throw new Error(`${took.length} latencies of ${n}`);
    const at = (share) => percentile(took, share);
    return { value: at(p), extra: { p50: at(0.5), p99: at(0.99), max: at(1) } };
  };

/** Waits until nothing has gone over the wire for three seconds; gives the bytes there were. */
async function quietBytes(contender, open) {
  let bytes = await contender.wireBytes(open);
  for (let since = performance.now(); performance.now() - since < QUIET_MS; ) {
    await sleep(100);
    const now = await contender.wireBytes(open);
    if (now !== bytes) since = performance.now();
    bytes = now;
  }
  return bytes;
}

/** Bytes on the wire, both ways, when two equal nodes meet again and one has changed one key. */
export function reconnect({ contender, dir }) {
  return contender.withLoadedPair(dir, async ({ peer, open, address }) => {
    await peer.call('put', 'changed', 'while apart');
    await peer.call('beginWork');
    const start = performance.now();
    await open.connect(address);
    const connectMs = performance.now() - start;
    await contender.until(() => open.contains('changed'), 'the changed key');
    const visibleMs = performance.now() - start;
    const { cpuMs, longestMs } = await peer.call('endWork');
    const atArrival = await contender.wireBytes(open);
    const value = await quietBytes(contender, open);
    const stateHash = await peer.call('stateHash');
    if ((await open.hashes()).stateHash !== stateHash) throw new Error('the states differ');
    const extra = { connectMs, visibleMs, atArrival, senderCpuMs: cpuMs, senderPauseMs: longestMs };
    return { value, extra };
  });
}

async function settledBytes() {
  for (let i = 0; i < 5; i += 1) {
    globalThis.gc();
    await sleep(100);
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/**
 * Megabytes above the empty process of a node that has gone on by n commits: mode `member` with a
 * member that has been away for all of them, mode `alone` without one.
 */
export async function absence({ contender, mode, dir, n }) {
  const empty = await settledBytes();
  const node = await contender.node({ dir: `${dir}/there` });
  await node.open();
  await node.fillValues(WAITING_KEYS, 'each');
  if (mode === 'member') await contender.joinAndLeave(`${dir}/here`, node);
  const before = await settledBytes();
  await node.commitOver(n, WAITING_KEYS);
  const value = ((await settledBytes()) - empty) / MEGABYTE;
  await node.close();
  return { value, extra: { grewMB: value - (before - empty) / MEGABYTE } };
}

/** The most memory, in MB, that either process had while the one caught up with n commits. */
export function catchUp({ contender, dir, n }) {
  return contender.withLoadedPair(dir, async ({ peer, open, address }) => {
    const openMB = process.resourceUsage().maxRSS / 1_000;
    const senderOpenMB = await peer.call('maxRssMB');
    const start = performance.now();
    await open.connect(address);
    await contender.untilCaughtUp(open);
    const seconds = (performance.now() - start) / 1_000;
    const senderMB = await peer.call('maxRssMB');
    const receiverMB = process.resourceUsage().maxRSS / 1_000;
    const commitsPerSecond = n / seconds;
    const { batchesReceived: frames } = await open.syncStateInfo();
    const extra = { frames, senderMB, senderOpenMB, receiverMB, openMB, seconds, commitsPerSecond };
    return { value: Math.max(senderMB, receiverMB), extra };
  });
}

/**
 * How many times its idle p99 the latency of a local put has at p99 while a peer takes n commits.
 * Both are measured on the same node, one put at a time with a pause of a millisecond.
 */
export function interference({ contender, dir }) {
  return contender.withLoadedPair(dir, async ({ peer, open, address }) => {
    await peer.call('beginPuts', PUT_PAUSE_MS);
    await sleep(IDLE_MS / 2);
    await peer.call('stopPuts'); // warm
    await peer.call('beginPuts', PUT_PAUSE_MS);
    await sleep(IDLE_MS);
    const idle = await peer.call('stopPuts');
    await peer.call('beginPuts', PUT_PAUSE_MS);
    await open.connect(address);
    await contender.untilCaughtUp(open);
    const busy = await peer.call('stopPuts');
    const idleP99 = percentile(idle, 0.99);
    const busyP99 = percentile(busy, 0.99);
    const busyP50 = percentile(busy, 0.5);
    const busyMax = percentile(busy, 1);
    const extra = { idleP99, busyP99, busyP50, busyMax, busyPuts: busy.length };
    return { value: busyP99 / idleP99, extra };
  });
}
