import { NodeTimers } from '../node/index.ts';
import { describe, expect, test } from 'vitest';
import { MemoryClock, MemoryFileSystem, MemoryRandom, MemoryTimers } from './index.ts';

function manual(): { clock: MemoryClock; timers: MemoryTimers; events: string[] } {
  const clock = new MemoryClock(1_000);
  return { clock, timers: new MemoryTimers({ clock }), events: [] };
}

describe('MemoryClock', () => {
  test('advance moves both clocks, jumpWall one', () => {
    const clock = new MemoryClock(1_000);
    clock.advance(1.5);
    expect([clock.wallMs(), clock.monoMs()]).toEqual([1_001, 1.5]);
    clock.jumpWall(-500);
    expect([clock.wallMs(), clock.monoMs()]).toEqual([501, 1.5]);
  });
});

describe('MemoryTimers by hand', () => {
  test('runSoon runs what is there, not what that adds', () => {
    const { timers, events } = manual();
    timers.soon(() => {
      events.push('a');
      timers.soon(() => events.push('b'));
    });
    expect(events).toEqual([]);
    expect(timers.runSoon()).toBe(1);
    expect(events).toEqual(['a']);
    expect(timers.runSoon()).toBe(1);
    expect(timers.runSoon()).toBe(0);
    expect(events).toEqual(['a', 'b']);
  });

  test('advance runs each at its own time, soon before the next, and stops at the end', () => {
    const { clock, timers, events } = manual();
    const note = (name: string) => (): void => void events.push(`${name} ${clock.monoMs()}`);
    timers.after(30, note('c'));
    timers.after(10, () => {
      note('a')();
      timers.soon(note('soon'));
      timers.after(5, note('nested'));
    });
    timers.after(10, note('b'));
    timers.after(31, note('later'));
    timers.after(20, note('cancelled')).cancel();
    timers.advance(30);
    expect(events).toEqual(['a 10', 'soon 10', 'b 10', 'nested 15', 'c 30']);
    expect([clock.monoMs(), clock.wallMs()]).toEqual([30, 1_030]);
    timers.advance(1);
    expect(events.at(-1)).toBe('later 31');
  });

  test('runUntilIdle jumps through time and counts steps', () => {
    const { clock, timers, events } = manual();
    timers.after(1e9, () => timers.soon(() => void events.push('end')));
    expect(timers.runUntilIdle()).toBe(2);
    expect([events, clock.monoMs()]).toEqual([['end'], 1e9]);
    const renew = (): void => void timers.after(1, renew);
    renew();
    expect(() => timers.runUntilIdle()).toThrow('never end');
  });

  test('a throw does not swallow what else was soon', () => {
    const { timers, events } = manual();
    timers.soon(() => {
      throw new Error('boom');
    });
    timers.soon(() => events.push('after'));
    expect(() => timers.runSoon()).toThrow('boom');
    timers.runSoon();
    expect(events).toEqual(['after']);
  });

  test('background syncs of a disk that uses them wait for the driver', () => {
    const { timers, events } = manual();
    const fs = new MemoryFileSystem({ soon: (fn) => timers.soon(fn) });
    const file = fs.open('/a', 'create');
    file.syncAsync(() => events.push('synced'));
    expect(events).toEqual([]);
    timers.runSoon();
    expect(events).toEqual(['synced']);
  });
});

describe('MemoryTimers by themselves', () => {
  test('soon runs as a microtask, in order; delays wait for advance', async () => {
    const timers = new MemoryTimers({ clock: new MemoryClock(), auto: true });
    const events: string[] = [];
    timers.after(1, () => events.push('delay'));
    timers.soon(() => events.push('a'));
    timers.soon(() => events.push('b'));
    await new Promise<void>((resolve) => timers.soon(resolve));
    expect(events).toEqual(['a', 'b']);
    timers.advance(1);
    expect(events).toEqual(['a', 'b', 'delay']);
  });

  test('delays by real timers where these are given', async () => {
    const real = new NodeTimers();
    const timers = new MemoryTimers({ clock: new MemoryClock(), auto: true, real });
    await new Promise<void>((resolve) => timers.after(1, resolve));
  });
});

test('MemoryRandom repeats itself by seed', () => {
  expect(new MemoryRandom(5).bytes(40)).toEqual(new MemoryRandom(5).bytes(40));
  expect(new MemoryRandom(5).bytes(40)).not.toEqual(new MemoryRandom(6).bytes(40));
});
