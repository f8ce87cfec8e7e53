import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BundleReader, equalBytes, Vector } from '../../core/index.ts';
import { chainDigest, receiveFrame, signHead } from '../../store/transactions/index.ts';
import type { OutboxRead, OutboxWindow } from '../../sync/index.ts';
import type { Engine } from '../engine.ts';
import { joinNode, laneOf, newMachine, openNode } from '../../../test/support/memory-node.ts';
import { readOutbox } from './outbox-reader.ts';

function read(node: Engine, fromSeq: number, window: Partial<OutboxWindow> = {}): OutboxRead {
  const { log, identity, env } = node.parts;
  return readOutbox(
    {
      log,
      fingerprint: identity.fingerprint,
      sign: (origin, originSeq, digest) =>
        signHead(env.crypto, identity, log.worldId, { origin, originSeq, digest }),
    },
    fromSeq,
    {
      toSeq: log.durableSeq,
      vector: new Vector(),
      skips: () => false,
      bytesMax: 64 * 1024,
      largestMax: Number.POSITIVE_INFINITY,
      ...window,
    },
  );
}

/** Every frame from the beginning to the end of the log. */
function* frames(node: Engine, window: Partial<OutboxWindow> = {}): Generator<OutboxRead> {
  for (let seq = 1; seq <= node.parts.log.durableSeq; ) {
    const frame = read(node, seq, window);
    if (frame.lastSeq < seq) return;
    yield frame;
    seq = frame.lastSeq + 1;
  }
}

/** Whether the heads of a frame are the ends of its bundles' chains, going on from `chains`. */
function isProved(node: Engine, frame: OutboxRead, chains: Vector): boolean {
  const reader = new BundleReader();
  for (const bytes of frame.bundles) {
    reader.open(bytes, 0, bytes.length);
    const { origin, firstOriginSeq, commitCount } = reader;
    const digest = chainDigest(node.parts.env.crypto, chains.digestOf(origin), bytes);
    chains.advance(origin, firstOriginSeq + commitCount - 1, digest);
  }
  const origins = new Set(frame.runs.map(({ origin }) => origin));
  return (
    frame.heads.length === origins.size &&
    frame.heads.every(
      ({ origin, originSeq, digest }) =>
        chains.originSeqOf(origin) === originSeq && equalBytes(chains.digestOf(origin), digest),
    )
  );
}

test('the whole log comes in frames, each proved, none larger than it may be', async () => {
  const node = await openNode(newMachine());
  const value = 'x'.repeat(10_000);
  // More than one batch of the log, and bundles larger and smaller than a frame.
  await Promise.all(Array.from({ length: 700 }, (_, index) => node.put(`k/${index}`, value)));
  for (let index = 0; index < 20; index++) await node.put(`lone/${index}`, index);
  const chains = new Vector();
  let commits = 0;
  for (const frame of frames(node, { bytesMax: 100_000 })) {
    expect(isProved(node, frame, chains)).toBe(true);
    expect(frame.bundles.length === 1 || frame.bytes <= 100_000).toBe(true);
    commits += frame.commits;
  }
  expect(commits).toBe(node.seq);
  expect(chains.equals(laneOf(node).vector)).toBe(true);
  // A reader that kept views of what is read next would prove something else.
  const copied = [...frames(node, { bytesMax: 100_000 })];
  const again = new Vector();
  for (const frame of copied) expect(isProved(node, frame, again)).toBe(true);
  await node.close();
});

test('what a relay received goes on with the heads that it came with', async () => {
  const founder = await openNode(newMachine(1));
  const relay = await joinNode(newMachine(2), founder);
  const last = await joinNode(newMachine(3), founder);
  for (let index = 0; index < 30; index++) await founder.put(`k/${index}`, 'x'.repeat(3000));
  for (const [from, to] of [
    [founder, relay],
    [relay, last],
  ] as const) {
    for (const { bundles, heads } of frames(from, { bytesMax: 20_000 })) {
      const results = await receiveFrame(laneOf(to), bundles, heads);
      expect(results.map(({ kind }) => kind)).not.toContain('unsigned');
    }
    expect(laneOf(to).vector.equals(laneOf(founder).vector)).toBe(true);
  }
  for (const node of [founder, relay, last]) await node.close();
});

test('what the peer has is passed over, a bundle that is too large for now is said', async () => {
  const node = await openNode(newMachine());
  const first = await node.put('a', 1);
  await node.put('b', 'x'.repeat(50_000));
  await node.put('c', 3);
  const all = laneOf(node).vector;
  expect(read(node, 1, { vector: all })).toMatchObject({ bundles: [], lastSeq: node.seq });
  const rest = read(node, first.seq + 1, { bytesMax: 1000, largestMax: 1000 });
  expect(rest).toMatchObject({ bundles: [], blockedBy: 'larger', lastSeq: first.seq });
  const alone = read(node, first.seq + 1, { bytesMax: 1000 });
  expect(alone).toMatchObject({ commits: 1, lastSeq: first.seq + 1, blockedBy: undefined });
  const skipping = read(node, 1, { skips: (_origin, from) => from > 1 });
  expect(skipping.firstSkippedSeq).toBeGreaterThan(1);
  await node.close();
});

test('property: whatever sizes and limits, every commit goes out once, in order, proved', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat({ max: 4000 }), { minLength: 1, maxLength: 20 }),
      fc.integer({ min: 100, max: 9000 }),
      fc.boolean(),
      async (sizes, bytesMax, together) => {
        const node = await openNode(newMachine());
        const puts = sizes.map((size, index) => () => node.put(`k/${index}`, 'x'.repeat(size)));
        if (together) await Promise.all(puts.map((put) => put()));
        else for (const put of puts) await put();
        const chains = new Vector();
        let commits = 0;
        for (const frame of frames(node, { bytesMax })) {
          expect(isProved(node, frame, chains)).toBe(true);
          commits += frame.commits;
        }
        expect(commits).toBe(node.seq);
        await node.close();
      },
    ),
    { numRuns: 40 },
  );
});
