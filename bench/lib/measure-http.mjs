// How the rows over HTTP are timed. The worker is the client; the daemons are processes of their own.

import { keyOf, permuted } from './data.mjs';
import { expectOk, getBytes, LoadConnection, postBytes, requestRate } from './http-load.mjs';
import { percentile, sleep } from './pair.mjs';

const CLIENTS = 64;
const WARM_REQUESTS = 5_000;
/** As JSON 100 bytes long. */
const VALUE = 'v'.repeat(98);
/** Until a request has come to the reader and waits there. */
const WAITING_MS = 3;
const LANE_WARM_MS = 3_000;
const PACED_KEYS = 10_000;
const ARRIVAL_MS_MAX = 30_000;
const CATCH_UP_MS_MAX = 280_000;
const FRESHNESS_POLL_MS = 20;

/** A commit of one put. */
function commitRequest(port, key) {
  return postBytes(
    '/v1/commit',
    { operations: [{ op: 'put', args: { key, value: VALUE } }] },
    port,
  );
}

/** Commits per second by 64 clients, each with one request under way. */
export function commitRate({ contender, dir, n }) {
  return contender.withServer(dir, async ({ port }) => {
    const rate = (letter, count) =>
      requestRate({
        port,
        clients: CLIENTS,
        count,
        requestAt: (i) => commitRequest(port, keyOf(permuted(i, count), letter)),
      });
    await rate('w', WARM_REQUESTS);
    return { value: await rate('k', n) };
  });
}

/**
 * From the answer to a commit until a reader answers with what it wrote, in ms, one by one; 0 where
 * the reader was first. Mode `waiting`: its answer is waited for by a request that is there already.
 * Mode `asking`: the request is sent after the commit's answer, so its own round trip is in it.
 */
export async function visibleLatencies({ writer, reader, mode, n, warm, pauseMs }) {
  const [put, look] = await Promise.all([
    LoadConnection.open(writer.port),
    LoadConnection.open(reader.port),
  ]);
  let { seq } = await freshnessOf(writer.port);
  const took = [];
  for (let i = 0; i < warm + n; i += 1) {
    seq += 1;
    const wanted = getBytes(`/v1/entries/seen%2F${i}`, reader.port, [`x-min-seq: ${seq}`]);
    const ask = async () => {
      await expectOk(look.send(wanted));
      return process.hrtime.bigint();
    };
    const waiting = mode === 'waiting' ? ask() : undefined;
    if (waiting !== undefined) await sleep(WAITING_MS);
    const receipt = await expectOk(put.send(commitRequest(writer.port, `seen/${i}`)));
    const start = process.hrtime.bigint();
    const ms = Number((await (waiting ?? ask())) - start) / 1e6;
    if (JSON.parse(receipt.toString()).seq !== seq) throw new Error('somebody else commits');
    if (i >= warm) took.push(Math.max(0, ms));
    await sleep(pauseMs);
  }
  put.close();
  look.close();
  return took;
}

/**
 * Commits at a steady pace for a while: what each took, in ms from when it was due, and the seqs of
 * those that match. What finds all connections busy waits for one, and its time runs.
 */
async function pacedCommits({ port, perSecond, ms, prefix }) {
  const count = Math.floor((ms * perSecond) / 1_000);
  const took = [];
  const seqs = [];
  const start = performance.now();
  let next = 0;
  const client = async () => {
    const connection = await LoadConnection.open(port);
    while (next < count) {
      const i = next++;
      const due = start + (i * 1_000) / perSecond;
      while (performance.now() < due) await sleep(1);
      const key = keyOf(permuted(i, PACED_KEYS));
      const body = await expectOk(connection.send(commitRequest(port, key)));
      took.push(performance.now() - due);
      if (key.startsWith(prefix)) seqs.push(JSON.parse(body.toString()).seq);
    }
    connection.close();
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  return { took, seqs };
}

/**
 * How many times its p99 without subscribers a commit takes at p99 with `n` of them, at a steady
 * pace. Every subscriber must get every commit whose key it asked for, once and in order.
 */
export function streamed({ contender, dir, n, perSecond, ms, prefix }) {
  const pace = { perSecond, prefix };
  return contender.withServer(dir, (daemon) =>
    contender.withSubscribers(dir, async (subscribers) => {
      const { port } = daemon;
      await pacedCommits({ ...pace, port, ms: LANE_WARM_MS });
      const alone = await pacedCommits({ ...pace, port, ms: ms / 3 });
      const aloneMB = daemon.rssMB();
      await subscribers.call('open', port, n, `/v1/stream?prefix=${prefix}`);
      const warm = await pacedCommits({ ...pace, port, ms: LANE_WARM_MS });
      const beganMB = daemon.rssMB();
      const { took, seqs } = await pacedCommits({ ...pace, port, ms });
      const endMB = daemon.rssMB();
      const behindMs = await allHave(subscribers, n, [...warm.seqs, ...seqs]);
      const [aloneP99, p99] = [alone.took, took].map((all) => percentile(all, 0.99));
      const p50 = percentile(took, 0.5);
      await subscribers.call('close');
      const extra = { aloneP99, p99, p50, aloneMB, beganMB, endMB, behindMs };
      return { value: p99 / aloneP99, extra };
    }),
  );
}

/** Waits until every subscriber has just these; gives how long that took. */
async function allHave(subscribers, n, seqs) {
  const sum = seqs.reduce((a, b) => a + b, 0);
  for (const start = performance.now(); ; await sleep(20)) {
    const { whole, fault } = await subscribers.call('seen', seqs.length, sum);
    if (fault !== undefined) throw new Error(`a subscriber went wrong: ${fault}`);
    const passedMs = performance.now() - start;
    if (whole === n) return passedMs;
    if (passedMs > ARRIVAL_MS_MAX) throw new Error(`only ${whole} of ${n} saw every commit`);
  }
}

/** What the daemon says of how fresh it is. */
export async function freshnessOf(port) {
  const connection = await LoadConnection.open(port);
  const body = await expectOk(connection.send(getBytes('/v1/freshness', port)));
  connection.close();
  return JSON.parse(body.toString());
}

/** Asks until the daemon has `seq`; it may never call itself fresh before. Gives the longest lag. */
export async function untilFresh(port, seq) {
  let lagCommits = 0;
  for (const start = performance.now(); ; await sleep(FRESHNESS_POLL_MS)) {
    const fresh = await freshnessOf(port);
    if (fresh.seq >= seq) return lagCommits;
    if (fresh.seq + fresh.lagCommits < seq) {
      throw new Error(`at ${fresh.seq} of ${seq} it said: ${fresh.lagCommits} behind`);
    }
    lagCommits = Math.max(lagCommits, fresh.lagCommits);
    if (performance.now() - start > CATCH_UP_MS_MAX) throw new Error(`stayed at ${fresh.seq}`);
  }
}

/** Megabytes that the reader has at most while it catches up with n commits. */
export function readerCatchUp({ contender, dir, n }) {
  return contender.withLoadedPair(dir, async ({ reader, seq }) => {
    const start = performance.now();
    const lagCommits = await untilFresh(reader.port, seq);
    const seconds = (performance.now() - start) / 1_000;
    return {
      value: reader.highMB(),
      extra: { seconds, lagCommits, commitsPerSecond: n / seconds },
    };
  });
}

/** Commits per second of a log of n. */
export async function replayRate({ contender, mode, dir, n }) {
  return { value: n / (await contender.secondsOf(mode, dir, n)) };
}
