/**
 * A flood of one kind must not fill a log: the first few are told, then every tenth power.
 */
const FIRST = 10;

/** Whether the `count`-th of its kind is told. */
export function isWorthLogging(count: number): boolean {
  return count <= FIRST || /^10*$/.test(String(count));
}
