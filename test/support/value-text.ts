/**
 * Values, effects and states as comparable texts, bigints included.
 */
import type { Value } from '../../src/core/index.ts';

type Effects = ReadonlyArray<readonly [string, Value | undefined]>;

export function valueText(value: Value | undefined): string {
  if (value === undefined) return 'nothing';
  return typeof value === 'bigint' ? `${value}n` : JSON.stringify(value);
}

/** What one commit did, whatever the order of its keys. */
export function effectsText(effects: Effects): string {
  const texts = effects.map(([key, value]) =>
    value === undefined ? `-${key}` : `${key}=${valueText(value)}`,
  );
  return `[${texts.sort().join(' ')}]`;
}

/** A state, whatever the order of its entries. */
export function stateText(entries: Iterable<readonly [string, Value]>): string {
  return [...entries]
    .map(([key, value]) => `${key}=${valueText(value)}`)
    .sort()
    .join(' ');
}
