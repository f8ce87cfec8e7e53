/**
 * Commits followed over HTTP through connections that break anywhere: each of them comes, in order,
 * once.
 */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Prng } from '../../src/core/index.ts';
import { type Fetch, HttpClient } from '../../src/http/index.ts';
import { serveNode } from '../daemon/served-node.ts';
import { testFolder } from '../support/folder.ts';
import { figure, TIMEOUT_MS } from '../support/long.ts';
import { rerun, seedOr } from '../support/seed.ts';
import { openFront } from '../support/tcp-front.ts';

const COMMITS = figure({ short: 300, long: 20_000 });
const CUT_BYTES_MAX = 20_000;

interface Followed {
  readonly seqs: readonly number[];
  readonly values: readonly unknown[];
  /** The first seq that was asked for. */
  readonly from: number;
  readonly cuts: number;
}

/** Follows as many commits as are written meanwhile, over connections that all break. */
async function follow(seed: number, given?: Fetch): Promise<Followed> {
  const prng = new Prng(seed);
  const { server, node } = await serveNode(join(testFolder('stream'), 'd'));
  const front = await openFront(server.socket, () => ({
    direction: 'answer',
    afterBytes: Math.floor(prng.float() * CUT_BYTES_MAX),
    isReset: prng.float() < 0.5,
  }));
  const client = new HttpClient({ url: front.url, fetch: given });
  const from = (await node.freshness()).seq + 1;
  const writing = (async () => {
    for (let n = 0; n < COMMITS; n++) await node.put(`key/${n % 7}`, n);
  })();
  const seqs: number[] = [];
  const values: unknown[] = [];
  for await (const { seq, events } of client.changes({ from })) {
    seqs.push(seq);
    values.push(events[0]?.value);
    if (values.length === COMMITS) break;
  }
  await writing;
  await client.close();
  return { seqs, values, from, cuts: front.cuts };
}

/** `0, 1, 2, …` from `first` on. */
function counted(first: number): number[] {
  return Array.from({ length: COMMITS }, (_, n) => first + n);
}

it(
  'gives every commit once and in order, wherever connections break',
  async () => {
    const seed = seedOr(7);
    const { seqs, values, from, cuts } = await follow(seed);
    const again = rerun(seed, `after ${cuts} cuts`);
    expect(cuts, again).toBeGreaterThan(3);
    expect(values, again).toEqual(counted(0));
    expect(seqs, again).toEqual(counted(from));
  },
  TIMEOUT_MS,
);

it(
  'finds commits that come twice where the node is not told the place',
  async () => {
    const forgetful: Fetch = (url, { headers, ...init }) => {
      const { 'last-event-id': _, ...others } = headers;
      return fetch(url, { ...init, headers: others });
    };
    const { seqs } = await follow(seedOr(7), forgetful);
    expect(new Set(seqs).size).toBeLessThan(seqs.length);
  },
  TIMEOUT_MS,
);

it('watches a key, and what is under a prefix', async () => {
  const served = await serveNode(join(testFolder('stream'), 'd'));
  const front = await openFront(served.server.socket);
  const client = new HttpClient({ url: front.url });
  const operations = ['a/10', 'b', 'a/1'].map((key) => ({ op: 'put', args: { key, value: 1 } }));
  const { seq: from } = await served.node.commit({ operations });
  const first = async (watched: string | { readonly prefix: string }): Promise<unknown> => {
    for await (const { changes } of client.watch(watched, { from })) return changes;
    return undefined;
  };
  const change = (name: string) => ({ key: name, kind: 'put', value: 1 });
  expect(await first('a/1')).toEqual([change('a/1')]);
  expect(await first({ prefix: 'a/' })).toEqual([change('a/10'), change('a/1')]);
  await client.close();
});
