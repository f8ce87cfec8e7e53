import process from 'node:process';
import { expect, test } from 'vitest';
import { NodeTimers } from './index.ts';

test('soon runs after promises and IO callbacks of this turn, in order', async () => {
  const timers = new NodeTimers();
  const events: string[] = [];
  await new Promise<void>((resolve) => {
    timers.soon(() => events.push('soon 1'));
    timers.soon(() => resolve(void events.push('soon 2')));
    const chain = async (): Promise<void> => {
      for (let hop = 0; hop < 20; hop++) await undefined;
      events.push('twenty hops');
    };
    void chain();
    process.nextTick(() => events.push('tick'));
  });
  expect(events.slice(0, 2).sort()).toEqual(['tick', 'twenty hops']);
  expect(events.slice(2)).toEqual(['soon 1', 'soon 2']);
});

test('a waiting timer does not keep a process alive', () => {
  const keepAlive = (): number =>
    process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
  const before = keepAlive();
  const timer = new NodeTimers().after(60_000, () => {});
  const during = keepAlive();
  timer.cancel();
  expect(during).toBe(before);
});
