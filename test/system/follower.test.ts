import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { nodeEnv } from '../../src/env/node/index.ts';
import { openFollower } from '../../src/wal/index.ts';
import { figure, TIMEOUT_MS } from '../support/long.ts';
import { startChild } from '../support/node-child.ts';

const PUTS = figure({ short: 300, long: 5000 });

let dataDir: string;

beforeEach(() => {
  dataDir = join(mkdtempSync(join(tmpdir(), 'adastra-follow-')), 'node');
});

afterEach(() => rmSync(join(dataDir, '..'), { recursive: true, force: true }));

it('a follower in another process gets every commit in order, each behind a mark', {
  timeout: TIMEOUT_MS,
}, async () => {
  const child = startChild({ script: 'puts', dataDir, count: PUTS });
  await child.line('ack 0');
  const follower = openFollower(nodeEnv(), dataDir);
  const seqs: number[] = [];
  // One commit founds the world; the last ones stand behind no mark until the writer closes.
  while (seqs.length < PUTS + 1) {
    const poll = follower.poll();
    if (poll.kind !== 'batches') throw new Error(`the follower says ${poll.kind}`);
    for (const { firstSeq, count } of poll.batches) {
      for (let index = 0; index < count; index++) seqs.push(firstSeq + index);
    }
    expect(follower.seq).toBeLessThanOrEqual(follower.markSeq);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  follower.close();
  expect(seqs).toEqual(Array.from({ length: PUTS + 1 }, (_, index) => index + 1));
  expect((await child.ended).code).toBe(0);
});
