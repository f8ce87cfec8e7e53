/**
 * How often a node asks the disk: once for each awaited put, and far less often for many in flight.
 */
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { acknowledged } from '../support/node-child.ts';
import { testFolder } from '../support/folder.ts';
import { needStrace, traced, type TracedCall } from '../support/strace.ts';
import { TIMEOUT_MS } from '../support/long.ts';

vi.setConfig({ testTimeout: TIMEOUT_MS });

/** Syncs between the line that says that the node is open and the one that says that it closed. */
async function syncsOf(script: 'puts' | 'flight', count: number): Promise<number> {
  const dataDir = join(testFolder('syncs'), 'node');
  const { end, calls } = await traced({ script, dataDir, count }, ['fdatasync', 'fsync', 'write']);
  expect([end.code, acknowledged(end.lines).length], end.err).toEqual([0, count]);
  const at = (words: string): number => calls.findIndex(({ text }) => text.includes(words));
  const last = calls.findLastIndex(({ text }) => text.includes('"ack '));
  const isSync = ({ name }: TracedCall): boolean => name !== 'write';
  return calls.slice(at('"open '), last).filter(isSync).length;
}

test('50 awaited puts are at least 50 syncs, and no more than one each', async (context) => {
  needStrace(context);
  const syncs = await syncsOf('puts', 50);
  expect(syncs).toBeGreaterThanOrEqual(50);
  expect(syncs).toBeLessThanOrEqual(51);
});

test('1,000 puts in flight are at most 50 syncs', async (context) => {
  needStrace(context);
  const syncs = await syncsOf('flight', 1000);
  expect(syncs).toBeGreaterThan(0);
  expect(syncs).toBeLessThanOrEqual(50);
});
