/**
 * Readers that lose their connection again and again, at any moment, while commits go on: what all
 * their connections gave, put together, is every commit once and in order. The same check finds a
 * reader that comes again one commit too late, too early, or without a place.
 */
import fc from 'fast-check';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testFolder } from '../support/folder.ts';
import { serveNode, type ServedNode } from './served-node.ts';
import { readStream } from './stream-reader.ts';

/** What a client does next: writes, reads so many commits, or loses its connection. */
type Step =
  | { readonly kind: 'write'; readonly count: number }
  | { readonly kind: 'read'; readonly count: number }
  | { readonly kind: 'lose' };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('write' as const), count: fc.integer({ min: 1, max: 30 }) }),
  fc.record({ kind: fc.constant('read' as const), count: fc.integer({ min: 1, max: 30 }) }),
  fc.record({ kind: fc.constant('lose' as const) }),
);

/** How a client names its place when it comes again: `faithful` gives back what it was given. */
type Resume = (
  id: string | undefined,
  first: string,
) => { readonly id?: string; readonly query?: string };

const faithful: Resume = (id, first) => (id === undefined ? { query: first } : { id });

/** The seqs that all connections of one client gave, up to the last commit. */
async function run(served: ServedNode, steps: readonly Step[], resume: Resume): Promise<number[]> {
  const firstSeq = (await served.node.freshness()).seq + 1;
  let id: string | undefined;
  const first = `?from=${firstSeq}`;
  let stream = await readStream(served, { query: first });
  const got: number[] = [];
  let written = 0;
  const writes: Promise<unknown>[] = [];
  const readOne = async (): Promise<void> => {
    for (;;) {
      const event = await stream.next();
      if (event === undefined) throw new Error('the stream ended');
      id = event.id === '' ? id : event.id;
      if (event.event !== 'commit') continue;
      got.push(Number(event.id.split('.')[0]) - firstSeq);
      return;
    }
  };
  const left = (): number => written - 1 - (got.at(-1) ?? -1);
  for (const one of [...steps, { kind: 'read', count: Number.POSITIVE_INFINITY } as const]) {
    if (one.kind === 'write') {
      const puts = Array.from({ length: one.count }, () => served.node.put('k', written++));
      // Some are still on their way when the connection is lost.
      await puts[0];
      writes.push(...puts);
    } else if (one.kind === 'read') {
      for (let count = 0; count < one.count && left() > 0; count++) await readOne();
    } else {
      stream.leave();
      stream = await readStream(served, resume(id, first));
    }
  }
  stream.leave();
  await Promise.all(writes);
  return got;
}

function inOrder(got: readonly number[]): boolean {
  return got.every((seq, index) => seq === index);
}

test('loses none and reorders none over random disconnects', async () => {
  const served = await serveNode(join(testFolder('resume'), 'd'));
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const got = await run(served, steps, faithful);
      expect(got).toEqual(got.map((_, index) => index));
    }),
    { numRuns: 40 },
  );
}, 120_000);

test('finds a client that comes again at another place', async () => {
  const served = await serveNode(join(testFolder('resume'), 'd'));
  const steps: Step[] = [
    { kind: 'write', count: 5 },
    { kind: 'read', count: 2 },
    { kind: 'lose' },
    { kind: 'write', count: 5 },
  ];
  const placed =
    (offset: number): Resume =>
    (id) => ({ query: `?from=${Number(id?.split('.')[0]) + 1 + offset}` });
  expect(inOrder(await run(served, steps, placed(0)))).toBe(true);
  expect(inOrder(await run(served, steps, placed(1)))).toBe(false);
  expect(inOrder(await run(served, steps, placed(-1)))).toBe(false);
});
