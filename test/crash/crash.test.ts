/**
 * A whole node on a disk that loses power after every single operation of a day's work, at every
 * level: what opens afterwards keeps every promise. One case alone: `ADASTRA_CRASH=…`, as a failure
 * prints it.
 */
import { describe, expect, test, vi } from 'vitest';
import { figure, LONG } from '../support/long.ts';
import { caseOf, countOperations, cutsAfter, violationsOf } from './crash-suite.ts';
import { LEVELS, type Scenario } from './scenario.ts';

// Thousands of openings: on a busy machine they take their time.
vi.setConfig({ testTimeout: LONG ? 3_600_000 : 180_000 });

const only = process.env['ADASTRA_CRASH'];

/** Log is let go of in one scenario, so that truncation is crashed too. */
const SCENARIOS: readonly Scenario[] = [
  ...LEVELS.map((level) => ({ level })),
  { level: 'mixed', keep: 8 },
];

/** Every operation, or every so many with an offset of the scenario's own. */
function* operations(total: number, index: number): Generator<number> {
  const step = figure({ short: 8, long: 1 });
  for (let after = index % step; after <= total; after += step) yield after;
}

function oneCase(words: string): void {
  test(`the case ${words}`, async () => {
    const { scenario, cut } = caseOf(words);
    expect(await violationsOf(scenario, cut.after, [cut])).toEqual([]);
  });
}

function allCases(): void {
  for (const [index, scenario] of SCENARIOS.entries()) {
    const name = `${scenario.level}${scenario.keep === undefined ? '' : ', log let go'}`;
    test(`keeps every promise: ${name}`, async () => {
      const total = await countOperations(scenario);
      expect(total).toBeGreaterThan(100);
      const found: string[] = [];
      for (const after of operations(total, index)) {
        found.push(...(await violationsOf(scenario, after, cutsAfter(after, LONG ? 4 : 1))));
        if (found.length > 20) break;
      }
      expect(found.join('\n')).toBe('');
    });
  }
}

describe('a crash after any operation', () => {
  if (only === undefined) allCases();
  else oneCase(only);
});
