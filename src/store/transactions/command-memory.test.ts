import { expect, test } from 'vitest';
import { DEFAULT_LIMITS, MalformedBytes } from '../../core/index.ts';
import { CommandMemory, type RememberedCommand } from './command-memory.ts';

const origin = `${'11'.repeat(16)}.${'22'.repeat(16)}`;

function command(seq: number, ms: number): RememberedCommand {
  const requestHash = new Uint8Array(16).fill(seq & 0xff);
  return { requestHash, seq, origin, originSeq: seq, ms, counter: 3, durability: 'interval' };
}

test('a command is kept for the longer of so many commits and so long', () => {
  const limits = { ...DEFAULT_LIMITS, commandMemoryCommits: 10, commandMemoryMs: 1000 };
  const memory = new CommandMemory(limits);
  memory.remember('old', command(1, 0));
  memory.remember('many commits later', command(100, 1000));
  expect(memory.find('old')?.seq).toBe(1);
  memory.remember('later too', command(101, 1001));
  expect(memory.find('old')).toBeUndefined();
  const other = new CommandMemory(limits);
  other.remember('old', command(1, 0));
  other.remember('long after', command(11, 100_000));
  expect(other.find('old')?.seq).toBe(1);
  other.remember('and more', command(12, 100_000));
  expect(other.find('old')).toBeUndefined();
});

test('the bound in bytes takes the oldest first', () => {
  const memory = new CommandMemory({ ...DEFAULT_LIMITS, commandMemoryBytesMax: 1000 });
  for (let seq = 1; seq <= 100; seq++) memory.remember(`command ${seq}`, command(seq, seq));
  expect(memory.size).toBeGreaterThan(2);
  expect(memory.size).toBeLessThan(6);
  expect(memory.find('command 100')?.seq).toBe(100);
  expect(memory.find(`command ${100 - memory.size}`)).toBeUndefined();
});

test('a checkpoint gives back all of it; truncated it is malformed', () => {
  const memory = new CommandMemory(DEFAULT_LIMITS);
  for (let seq = 1; seq <= 300; seq += 99) memory.remember(`é${seq}`, command(seq, 2 ** 41));
  const bytes = memory.encode();
  const loaded = new CommandMemory(DEFAULT_LIMITS);
  loaded.load(bytes);
  expect(loaded.size).toBe(memory.size);
  expect(loaded.find('é100')).toEqual(memory.find('é100'));
  for (let length = 0; length < bytes.length; length++) {
    const cut = bytes.subarray(0, length);
    expect(() => new CommandMemory(DEFAULT_LIMITS).load(cut)).toThrow(MalformedBytes);
  }
});
