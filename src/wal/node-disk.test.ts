/** The same log on the real file system: what the memory disk cannot show is that the calls fit. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { batchOf, contentOf, LOG_ID, WORLD } from '../../test/support/log-fixture.ts';
import { nodeEnv } from '../env/node/index.ts';
import type { AppendOutcome, CommitLog } from './commit-log.ts';
import { createLog } from './create.ts';
import { openFollower } from './follower.ts';
import { recoverLog } from './recovery.ts';

const env = nodeEnv();
let directory = '';

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'adastra-wal-'));
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

function open(): { log: CommitLog; contents: string[] } {
  const contents: string[] = [];
  const opened = recoverLog(env, directory, {
    access: 'write',
    onBatch: (batch) => void (batch.count > 0 && contents.push(contentOf(batch))),
    options: { segmentBytes: 4000 },
  });
  if (!opened.ok) throw opened.error;
  return { log: opened.value.log, contents };
}

test('written, followed, closed, opened', async () => {
  const ids = { worldId: WORLD, logId: LOG_ID };
  expect(createLog(env, directory, { ...ids, term: 1 }).ok).toBe(true);
  const follower = openFollower(env, directory);
  const { log } = open();
  const expected: string[] = [];
  const followed: string[] = [];
  const poll = (): void => {
    const polled = follower.poll();
    if (polled.kind !== 'batches') throw new Error(polled.kind);
    for (const batch of polled.batches) if (batch.count > 0) followed.push(contentOf(batch));
  };
  for (let index = 0; index < 60; index++) {
    expected.push(`content ${index}`);
    const outcome = await new Promise<AppendOutcome>((resolve) => {
      const mode = index % 2 === 0 ? 'background' : 'now';
      log.append(index + 1, batchOf(`content ${index}`), mode, resolve);
    });
    expect(outcome.kind).toBe('ok');
    if (index % 7 === 0) poll();
  }
  expect(log.stat().segments.length).toBeGreaterThan(2);
  log.abandon();
  const again = open();
  expect(again.contents).toEqual(expected);
  expect(again.log.close()).toBeUndefined();
  poll();
  expect(followed).toEqual(expected);
  follower.close();
  expect(open().contents).toEqual(expected);
});
