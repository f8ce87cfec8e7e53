/**
 * Ranges of keys, checked and applied to a single key.
 */
import { AdastraError, compareKeys, isReservedKey, type Range } from '../../core/index.ts';

const TEXT_BOUNDS = ['prefix', 'gt', 'gte', 'lt', 'lte'] as const;
const FLAGS = ['reverse', 'system'] as const;
const KNOWN = new Set<string>([...TEXT_BOUNDS, ...FLAGS, 'limit']);

/** Throws `invalid_argument` for what is no range. */
export function checkRange(range: Range): void {
  if (typeof range !== 'object' || range === null) {
    throw new AdastraError(
      'invalid_argument',
      'a range is an object like { prefix, gte, lt, limit }',
    );
  }
  const values = range as unknown as Record<string, unknown>;
  for (const name of Object.keys(values)) {
    if (!KNOWN.has(name)) throw unfit(name, 'is not known');
  }
  for (const name of TEXT_BOUNDS) {
    if (values[name] !== undefined && typeof values[name] !== 'string')
      throw unfit(name, 'is not a string');
  }
  for (const name of FLAGS) {
    if (values[name] !== undefined && typeof values[name] !== 'boolean')
      throw unfit(name, 'is not a boolean');
  }
  const { limit } = range;
  if (limit !== undefined && (!Number.isSafeInteger(limit) || limit < 0)) {
    throw unfit('limit', 'is not a whole number from 0');
  }
}

function unfit(name: string, what: string): AdastraError {
  return new AdastraError('invalid_argument', `${name} of the range ${what}`, {
    hint: `a range has ${[...KNOWN].join(', ')}`,
    details: { option: name },
  });
}

/** Whether a key lies in the range (its limit aside). */
export function inRange(key: string, range: Range): boolean {
  if (range.system !== true && isReservedKey(key)) return false;
  if (range.prefix !== undefined && !key.startsWith(range.prefix)) return false;
  if (range.gt !== undefined && compareKeys(key, range.gt) <= 0) return false;
  if (range.gte !== undefined && compareKeys(key, range.gte) < 0) return false;
  if (range.lt !== undefined && compareKeys(key, range.lt) >= 0) return false;
  return range.lte === undefined || compareKeys(key, range.lte) <= 0;
}
