import fc from 'fast-check';
import { expect, test } from 'vitest';
import { newMachine, openNode } from '../../../test/support/memory-node.ts';
import { compareKeys } from '../../core/index.ts';
import type { AnyOperation } from '../operations/index.ts';

const KEYS = ['a', 'b', 'b/1', 'c', '\ue000', '😀'];
const key = fc.constantFrom(...KEYS);
type Step =
  | { readonly do: 'put'; readonly key: string; readonly value: number }
  | { readonly do: 'remove'; readonly key: string }
  | { readonly do: 'fail'; readonly steps: readonly Step[] };

const { step } = fc.letrec<{ step: Step }>((tie) => ({
  step: fc.oneof(
    { maxDepth: 2 },
    fc.record({ do: fc.constant('put' as const), key, value: fc.nat() }),
    fc.record({ do: fc.constant('remove' as const), key }),
    fc.record({ do: fc.constant('fail' as const), steps: fc.array(tie('step'), { maxLength: 4 }) }),
  ),
}));

const failing: AnyOperation = {
  name: 'fail',
  version: 1,
  handler: (context, run: (target: typeof context) => void) => {
    run(context);
    throw new Error('undo');
  },
};

interface Target {
  put(key: string, value: number): void;
  remove(key: string): unknown;
  run(name: string, args: unknown): unknown;
}

function play(tx: Target, steps: readonly Step[]): void {
  for (const one of steps) {
    if (one.do === 'put') tx.put(one.key, one.value);
    else if (one.do === 'remove') tx.remove(one.key);
    else {
      const nested = (context: Target): void => play(context, one.steps);
      expect(() => tx.run('fail', nested)).toThrow('undo');
    }
  }
}

/** What a Map would hold: what fails in between has not happened. */
function playModel(model: Map<string, number>, steps: readonly Step[]): void {
  for (const one of steps) {
    if (one.do === 'put') model.set(one.key, one.value);
    else if (one.do === 'remove') model.delete(one.key);
  }
}

const sorted = (model: ReadonlyMap<string, number>): [string, number][] =>
  [...model].sort(([left], [right]) => compareKeys(left, right));

test('transactions behave as a Map with undo, before and after they are durable', async () => {
  const engine = await openNode(newMachine(), { operations: [failing] });
  const model = new Map<string, number>();
  const transactions = fc.array(fc.array(step, { maxLength: 8 }), { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(transactions, async (all) => {
      // All are admitted at once: each sees the pending writes of those before it.
      const running = all.map((steps) =>
        engine.writable().transact((tx) => {
          expect([...tx.list()]).toEqual(sorted(model));
          play(tx, steps);
          playModel(model, steps);
          expect([...tx.list()]).toEqual(sorted(model));
          expect([...tx.list({ gt: 'b', reverse: true })]).toEqual(
            sorted(model)
              .reverse()
              .filter(([at]) => compareKeys(at, 'b') > 0),
          );
          for (const one of KEYS) {
            expect(tx.get(one)).toBe(model.get(one));
            expect(tx.contains(one)).toBe(model.has(one));
            expect(tx.getEntry(one)?.value).toBe(model.get(one));
          }
        }),
      );
      await Promise.all(running);
      expect([...engine.reads.list()]).toEqual(sorted(model));
    }),
    { numRuns: 200 },
  );
});
