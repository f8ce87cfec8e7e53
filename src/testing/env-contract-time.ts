/**
 * The contract of `Clock`, `Timers`, `Random` and `Host`.
 */
import { check, checkEqual } from './contract-case.ts';
import type { EnvCase, EnvUnderTest } from './env-case.ts';

function elapse(world: EnvUnderTest, ms: number): Promise<void> {
  if (world.elapse !== undefined) return world.elapse(ms);
  return new Promise((resolve) => void world.env.timers.after(ms, resolve));
}

/** Cases about time and chance. */
export const timeCases: readonly EnvCase[] = [
  {
    name: 'clock: wall time is whole, monotonic time goes with what elapses',
    run: async (world) => {
      const { clock } = world.env;
      check(Number.isInteger(clock.wallMs()), 'whole milliseconds');
      check(clock.wallMs() > 1_700_000_000_000, 'since 1970');
      const start = clock.monoMs();
      await elapse(world, 20);
      // Timers and clock may differ by their grain.
      check(clock.monoMs() - start >= 19, 'at least what was asked for');
    },
  },
  {
    name: 'timers: by time, then in the order they were set; cancelled ones never',
    run: async (world) => {
      const { timers } = world.env;
      const events: string[] = [];
      timers.after(30, () => events.push('late'));
      timers.after(5, () => events.push('first'));
      timers.after(5, () => events.push('second'));
      const cancelled = timers.after(5, () => events.push('never'));
      cancelled.cancel();
      cancelled.cancel();
      checkEqual(events, [], 'nothing inside the call');
      await elapse(world, 60);
      checkEqual(events, ['first', 'second', 'late'], 'events');
    },
  },
  {
    name: 'timers: a delay beyond 24 days does not fire at once',
    run: async (world) => {
      const events: string[] = [];
      const timer = world.env.timers.after(2 ** 32, () => events.push('much too early'));
      await elapse(world, 15);
      timer.cancel();
      checkEqual(events, [], 'events');
    },
  },
  {
    name: 'timers: soon gathers what this turn still does, and keeps its order',
    run: async ({ env }) => {
      const events: string[] = [];
      await new Promise<void>((resolve) => {
        queueMicrotask(() => events.push('promise job'));
        env.timers.soon(() => events.push('soon 1'));
        env.timers.soon(() => {
          events.push('soon 2');
          env.timers.soon(() => {
            events.push('soon of soon');
            resolve();
          });
        });
        events.push('turn');
      });
      checkEqual(events, ['turn', 'promise job', 'soon 1', 'soon 2', 'soon of soon'], 'events');
    },
  },
  {
    name: 'random: as many bytes as asked for, not the same twice',
    run: ({ env }) => {
      checkEqual(env.random.bytes(0).length, 0, 'no bytes');
      const [first, second] = [env.random.bytes(32), env.random.bytes(32)];
      checkEqual([first.length, second.length], [32, 32], 'lengths');
      check(
        first.some((byte, at) => byte !== second[at]),
        'different bytes',
      );
    },
  },
  {
    name: 'host: facts are there',
    run: ({ env: { host } }) => {
      check(host.hostname.length > 0 && host.platform.length > 0, 'names');
      check(Number.isInteger(host.pid) && host.pid > 0, 'pid');
    },
  },
];
