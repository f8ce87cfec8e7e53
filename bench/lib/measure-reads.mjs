// How the read, open, memory and pause rows are timed, each over a directory loaded beforehand.
// What was read is summed and checked, so no contender can skip the decoding.

import { keyOf, permuted, prefixOf100k } from './data.mjs';

const WARM_GETS = 20_000;
const SETTLE_MS = 50;
const IDLE_MS = 2_000;
const MEGABYTE = 1e6;

/** Random `get`s of decoded records. Key strings are fresh, not the objects that were inserted. */
export async function randomGets({ contender, mode, dir, n, gets }) {
  const store = await contender.openReads(dir, mode);
  const warm = [];
  for (let i = 0; i < WARM_GETS; i += 1) warm.push(keyOf(permuted(i + gets, n)));
  const keys = [];
  let expected = 0;
  for (let i = 0; i < gets; i += 1) {
    // The factor of the load order squared: not the order in which the records were written.
    const index = permuted(permuted(i, n) + 1, n);
    keys.push(keyOf(index));
    expected += index;
  }
  for (const key of warm) store.get(key);
  let sum = 0;
  const start = performance.now();
  for (let i = 0; i < gets; i += 1) sum += store.get(keys[i]).id;
  const seconds = (performance.now() - start) / 1_000;
  if (sum !== expected) throw new Error('the records read are not the records written');
  await store.close();
  return { value: gets / seconds };
}

/** Ordered scans of 100,000 decoded records each, over ranges not scanned before. */
export async function scans({ contender, mode, dir, warmPrefix, ranges }) {
  const store = await contender.openReads(dir, mode);
  store.prepareScan?.();
  await store.scan(warmPrefix);
  let count = 0;
  const start = performance.now();
  for (const digit of ranges) {
    const result = await store.scan(prefixOf100k(digit));
    if (result.sum !== 49_950_000) throw new Error(`a scan saw wrong records: ${result.sum}`);
    count += result.count;
  }
  const seconds = (performance.now() - start) / 1_000;
  if (count !== ranges.length * 100_000) throw new Error('a scan saw too few records');
  await store.close();
  return { value: count / seconds };
}

/** Process start to the first `get`, in ms, Node's own start and all module loading included. */
export async function openToFirstGet({ contender, mode, dir, n }) {
  const store = await contender.openReads(dir, mode);
  const record = store.get(keyOf(Math.floor(n / 2)));
  const value = process.uptime() * 1_000;
  if (record?.id !== Math.floor(n / 2)) throw new Error('the first get found another record');
  const rssMB = process.memoryUsage().rss / MEGABYTE;
  await store.close();
  return { value, extra: { rssMB } };
}

async function settledBytes() {
  for (let i = 0; i < 3; i += 1) {
    globalThis.gc();
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  return { used: heapUsed + external, rss }; // Node counts arrayBuffers inside external
}

/** Megabytes of heap and external memory above the empty process, after gc. */
export async function memory({ contender, mode, dir, n }) {
  if (contender.bytesOf !== undefined) return { value: contender.bytesOf(n) / MEGABYTE };
  const empty = await settledBytes();
  const store = await contender.openReads(dir, mode);
  for (let i = 0; i < 1_000; i += 1) store.get(keyOf(permuted(i, n)));
  const full = await settledBytes();
  if (store.get(keyOf(0)).id !== 0) throw new Error('the store lost a record');
  const value = (full.used - empty.used) / MEGABYTE;
  await store.close();
  return { value, extra: { bytesPerEntry: (value * MEGABYTE) / n, rssMB: full.rss / MEGABYTE } };
}

/** The longest stretch, in ms, in which the event loop did not turn while `job` ran. */
async function longestGap(job) {
  let last = performance.now();
  let longest = 0;
  let running = true;
  const tick = () => {
    const now = performance.now();
    if (now - last > longest) longest = now - last;
    last = now;
    if (running) setImmediate(tick);
  };
  setImmediate(tick);
  await job();
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  running = false;
  return longest;
}

/** The longest pause while a checkpoint is written; a store without one idles, as the floor. */
export async function checkpointPause({ contender, mode, dir, n }) {
  const store = await contender.openReads(dir, mode);
  const idle = () => new Promise((resolve) => setTimeout(resolve, IDLE_MS));
  await longestGap(() => new Promise((resolve) => setTimeout(resolve, SETTLE_MS)));
  const start = performance.now();
  const value = await longestGap(store.checkpoint ?? idle);
  const tookMs = performance.now() - start;
  if (store.get(keyOf(n - 1))?.id !== n - 1) throw new Error('the store lost a record');
  await store.close();
  return { value, extra: { tookMs } };
}
