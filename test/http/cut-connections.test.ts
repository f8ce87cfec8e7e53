/**
 * Connections that break anywhere, in requests and in answers, under many commits: each one that was
 * acknowledged is in the log exactly once, and each unknown outcome is settled by sending the same
 * command again. Without a commandId the same test finds commits that are there twice.
 */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { AdastraError, Prng } from '../../src/core/index.ts';
import type { NodeApi } from '../../src/engine/index.ts';
import { HttpClient } from '../../src/http/index.ts';
import { serveNode } from '../daemon/served-node.ts';
import { testFolder } from '../support/folder.ts';
import { figure, TIMEOUT_MS } from '../support/long.ts';
import { rerun, seedOr } from '../support/seed.ts';
import { type Cut, openFront } from '../support/tcp-front.ts';

const WORKERS = 8;
const COMMITS = figure({ short: 20, long: 500 });
/** About seven requests and their answers. */
const CUT_BYTES_MAX = 4_000;

interface Run {
  /** How often each key was committed. */
  readonly commits: ReadonlyMap<string, number>;
  /** Keys with a receipt, and its seq. */
  readonly acknowledged: ReadonlyMap<string, number>;
  /** Seqs of the commits in the log, by key. */
  readonly seqs: ReadonlyMap<string, number>;
  readonly unknown: number;
  readonly cuts: number;
}

function cutPlan(prng: Prng): () => Cut | undefined {
  return () => {
    if (prng.float() < 0.2) return undefined;
    const direction = prng.float() < 0.5 ? 'request' : 'answer';
    const afterBytes = Math.floor(prng.float() * CUT_BYTES_MAX);
    return { direction, afterBytes, isReset: prng.float() < 0.5 };
  };
}

/** Commits each key until it is acknowledged, whatever happens. */
async function runCommits(seed: number, retryMs: number, hasCommandIds: boolean): Promise<Run> {
  const served = await serveNode(join(testFolder('cuts'), 'd'));
  const front = await openFront(served.server.socket, cutPlan(new Prng(seed)));
  const client = new HttpClient({ url: front.url, retryMs });
  const acknowledged = new Map<string, number>();
  let unknown = 0;
  const commit = async (key: string): Promise<void> => {
    const operations = [{ op: 'put', args: { key, value: 1 } }];
    for (;;) {
      try {
        const commandId = hasCommandIds ? key : undefined;
        acknowledged.set(key, (await client.commit({ operations, commandId })).seq);
        return;
      } catch (error) {
        if (!AdastraError.is(error)) throw error;
        expect(['unknown_outcome', 'unavailable']).toContain(error.code);
        if (error.code === 'unknown_outcome') unknown += 1;
      }
    }
  };
  const work = async (worker: number): Promise<void> => {
    for (let n = 0; n < COMMITS; n++) await commit(`${worker}/${n}`);
  };
  await Promise.all(Array.from({ length: WORKERS }, (_, worker) => work(worker)));
  await client.close();
  return { ...(await inLog(served.node)), acknowledged, unknown, cuts: front.cuts };
}

async function inLog(node: NodeApi): Promise<Pick<Run, 'commits' | 'seqs'>> {
  const commits = new Map<string, number>();
  const seqs = new Map<string, number>();
  for await (const { seq, events } of node.changes({ from: 1, live: false })) {
    for (const { key } of events) {
      commits.set(key, (commits.get(key) ?? 0) + 1);
      seqs.set(key, seq);
    }
  }
  return { commits, seqs };
}

it.each([
  ['told to the caller', 0],
  ['settled inside', 30_000],
])(
  'keeps every commit exactly once, unknown outcomes %s',
  { timeout: TIMEOUT_MS },
  async (_, ms) => {
    const seed = seedOr(11 + ms);
    const { commits, acknowledged, seqs, unknown, cuts } = await runCommits(seed, ms, true);
    const again = rerun(seed, `after ${cuts} cuts`);
    expect(cuts, again).toBeGreaterThan(WORKERS);
    expect(acknowledged.size, again).toBe(WORKERS * COMMITS);
    expect(
      [...commits.values()].every((count) => count === 1),
      again,
    ).toBe(true);
    expect(acknowledged, again).toEqual(seqs);
    if (ms === 0) expect(unknown, again).toBeGreaterThan(0);
    else expect(unknown, again).toBe(0);
  },
);

it('finds commits that are there twice where no commandId makes them safe', {
  timeout: TIMEOUT_MS,
}, async () => {
  const { commits, unknown } = await runCommits(seedOr(5), 0, false);
  expect(unknown).toBeGreaterThan(0);
  expect([...commits.values()].some((count) => count > 1)).toBe(true);
});
