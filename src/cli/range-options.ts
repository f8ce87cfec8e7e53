/**
 * The options that name a range of keys, for the commands that walk over them.
 */
import type { Range } from '../core/index.ts';
import type { CommandCall, OptionSpec } from './command.ts';

/** Rows for the table. */
export const RANGE_OPTIONS: readonly OptionSpec[] = [
  { flags: '--gt <key>', about: 'keys behind this one' },
  { flags: '--gte <key>', about: 'this key and those behind it' },
  { flags: '--lt <key>', about: 'keys before this one' },
  { flags: '--lte <key>', about: 'this key and those before it' },
];

/** The range of one run; the prefix is its first argument. */
export function rangeOf({ args, options }: CommandCall): Range {
  return {
    prefix: args[0],
    gt: options.text('gt'),
    gte: options.text('gte'),
    lt: options.text('lt'),
    lte: options.text('lte'),
    ...(options.flag('reverse') ? { reverse: true } : {}),
    ...(options.flag('system') ? { system: true } : {}),
    limit: options.whole('limit', 1),
  };
}
