/**
 * Runs histories over the network one after the other and fails with the seed of the first in which
 * nodes do not become equal. Two test files share the seeds, since each file has a process of its
 * own.
 */
import { expect } from 'vitest';
import { figure } from './long.ts';
import { runPeerHistory } from './peer-histories.ts';

/** Together 40 in the short form, 20,000 in the long one. */
const HISTORIES = { short: 20, long: 10_000 };
/** The long form takes half an hour on an idle core. */
export const HISTORIES_TIMEOUT_MS: number = figure({ short: 120_000, long: 4 * 3_600_000 });

/** Seeds `first`, `first + 2`, … */
export async function checkHistories(first: 0 | 1): Promise<void> {
  const count = figure(HISTORIES);
  for (let at = 0; at < count; at++) {
    const seed = first + 2 * at;
    const end = await runPeerHistory({ seed, steps: 24 });
    const told = `seed ${seed}\n${end.detail}\n${end.logs.slice(-30).join('\n')}`;
    expect(end.equal, told).toBe(true);
    expect(new Set(end.contents).size, `contents differ: ${told}`).toBe(1);
  }
}
