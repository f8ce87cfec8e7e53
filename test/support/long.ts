/**
 * Figures in two sizes: short in `npm test`, long in `npm run test:long` (ADASTRA_LONG=1). What a
 * test claims must hold for both; the long run only looks harder.
 */

/** Whether this is the long run. */
export const LONG: boolean = process.env['ADASTRA_LONG'] === '1';

/** The figure for this run, e.g. `figure({ short: 20, long: 2000 })` histories. */
export function figure(sizes: { readonly short: number; readonly long: number }): number {
  return LONG ? sizes.long : sizes.short;
}

/** For tests of processes and disks: time enough on a machine that has other work. */
export const TIMEOUT_MS: number = LONG ? 1_200_000 : 120_000;
