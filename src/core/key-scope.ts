/**
 * Key prefixes as the limit of what somebody may touch: whether a key, or every key of a range,
 * begins with one of them.
 */
import { AdastraError } from './errors.ts';
import type { Range } from './range.ts';

/** Whether `key` begins with one of `prefixes`. */
export function isWithin(key: string, prefixes: readonly string[]): boolean {
  return prefixes.some((prefix) => key.startsWith(prefix));
}

/**
 * Whether all keys that `range` can have lie within one prefix. Two keys that begin with a prefix
 * have only such keys between them.
 */
export function isRangeWithin(range: Range, prefixes: readonly string[]): boolean {
  if (range.system === true) return false;
  const low = range.gte ?? range.gt;
  const high = range.lte ?? range.lt;
  return prefixes.some(
    (prefix) =>
      range.prefix?.startsWith(prefix) === true ||
      (low?.startsWith(prefix) === true && high?.startsWith(prefix) === true),
  );
}

/** Throws `forbidden` for a key outside. */
export function checkWithin(key: string, prefixes: readonly string[]): void {
  if (!isWithin(key, prefixes)) throw outside(JSON.stringify(key), prefixes, { key });
}

/** Throws `forbidden` for a range that could reach outside. */
export function checkRangeWithin(range: Range, prefixes: readonly string[]): void {
  if (!isRangeWithin(range, prefixes)) throw outside('this range', prefixes, {});
}

function outside(what: string, prefixes: readonly string[], details: object): AdastraError {
  const allowed = prefixes.map((prefix) => JSON.stringify(prefix)).join(', ');
  return new AdastraError('forbidden', `${what} is not within ${allowed}`, {
    hint: 'name keys, or a range by its prefix, that begin so',
    details: { ...details, prefixes },
  });
}
