import { expect, test } from 'vitest';
import type { Timers } from '../env/index.ts';
import { SeqWaiters } from './seq-waiters.ts';

/** Timers that run when the test says so. */
class HandTimers implements Timers {
  readonly due: { readonly ms: number; readonly fn: () => void }[] = [];
  cancelled = 0;

  after(ms: number, fn: () => void): { cancel(): void } {
    this.due.push({ ms, fn });
    return { cancel: () => (this.cancelled += 1) };
  }

  soon(fn: () => void): void {
    fn();
  }
}

function outcome(promise: Promise<void>): { state: string } {
  const seen = { state: 'waiting' };
  promise.then(
    () => (seen.state = 'done'),
    (error: { code: string }) => (seen.state = error.code),
  );
  return seen;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('those whose commit came go on, the others wait for theirs', async () => {
  const timers = new HandTimers();
  const waiters = new SeqWaiters(timers);
  await waiters.wait(3, 3);
  const [five, seven, late] = [5, 7, 9].map((seq) => outcome(waiters.wait(seq, 3)));
  waiters.advance(4);
  await turn();
  expect([five?.state, seven?.state, late?.state]).toEqual(['waiting', 'waiting', 'waiting']);
  waiters.advance(7);
  await turn();
  expect([five?.state, seven?.state, late?.state]).toEqual(['done', 'done', 'waiting']);
  expect(timers.due.map(({ ms }) => ms)).toEqual([2_000, 2_000, 2_000]);
  timers.due[2]?.fn();
  await turn();
  expect(late?.state).toBe('not_yet');
  expect(timers.cancelled).toBe(3);
  const [next] = [outcome(waiters.wait(8, 7))];
  waiters.advance(8);
  await turn();
  expect(next?.state).toBe('done');
});

test('a signal or the end of the node ends a wait, and leaves no listener behind', async () => {
  const waiters = new SeqWaiters(new HandTimers());
  const controller = new AbortController();
  const given = outcome(waiters.wait(5, 3, { signal: controller.signal }));
  const cut = outcome(waiters.wait(5, 3));
  controller.abort();
  await turn();
  expect([given.state, cut.state]).toEqual(['aborted', 'waiting']);
  waiters.close();
  await turn();
  expect(cut.state).toBe('closed');
  await expect(waiters.wait(1, 3)).rejects.toMatchObject({ code: 'closed' });
});

test('refuses what is no seq or time, and more than it can hold', async () => {
  const waiters = new SeqWaiters(new HandTimers());
  for (const seq of [-1, 0.5, Number.NaN, 2 ** 53]) {
    await expect(waiters.wait(seq, 9)).rejects.toMatchObject({ code: 'invalid_argument' });
  }
  for (const timeoutMs of [-1, 0.5, 2 ** 31]) {
    const wait = waiters.wait(1, 9, { timeoutMs });
    await expect(wait).rejects.toMatchObject({ code: 'invalid_argument' });
  }
  const waits = Array.from({ length: 10_000 }, () => waiters.wait(5, 3));
  await expect(waiters.wait(5, 3)).rejects.toMatchObject({ code: 'overloaded', retryable: true });
  waiters.advance(5);
  await Promise.all(waits);
  expect(outcome(waiters.wait(6, 5)).state).toBe('waiting');
});
