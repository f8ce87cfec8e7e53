/**
 * Seeds of tests that draw by themselves. The seed is fixed unless ADASTRA_SEED names another, and
 * a failing case says which one ran it.
 */

/** The seed of this run: that of ADASTRA_SEED, else `usual`. */
export function seedOr(usual: number): number {
  const named = process.env['ADASTRA_SEED'];
  return named === undefined || named === '' ? usual : Number(named);
}

/** What stands behind a failed expectation: how to run the case again. */
export function rerun(seed: number, what: string): string {
  return `${what} (run again with ADASTRA_SEED=${seed})`;
}
