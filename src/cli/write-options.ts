/**
 * The options that `store put` and `store remove` share: conditions, command id, durability; and
 * how a receipt is printed.
 */
import type { PutOptions, Receipt } from '../core/index.ts';
import type { OptionSpec, OptionValues } from './command.ts';
import type { Output } from './output.ts';

/** Rows for the table. */
export const WRITE_OPTIONS: readonly OptionSpec[] = [
  {
    flags: '--if-stamp <stamp>',
    about: 'only if the key has this stamp (repeat for more than one)',
    isList: true,
  },
  { flags: '--command-id <id>', about: 'makes a retry safe: the same id writes once' },
  { flags: '--durability <level>', about: 'always, interval or os' },
];

/** The options of one write. */
export function writeOptionsOf(options: OptionValues): PutOptions {
  const ifStamp = options.list('ifStamp');
  const commandId = options.text('commandId');
  const durability = options.choice('durability', ['always', 'interval', 'os'] as const);
  return {
    ...(options.flag('ifAbsent') ? { ifAbsent: true } : {}),
    ...(ifStamp === undefined
      ? {}
      : { ifStamp: ifStamp.length === 1 ? (ifStamp[0] ?? '') : ifStamp }),
    ...(commandId === undefined ? {} : { commandId }),
    ...(durability === undefined ? {} : { durability }),
  };
}

/** Prints what a write resolved to. */
export async function printReceipt(output: Output, key: string, receipt: Receipt): Promise<void> {
  await output.result({ key, ...receipt }, () => {
    if (!receipt.changed) return `${key}: nothing to do (seq ${receipt.seq})`;
    const again = receipt.replayed ? ', written by the first try' : '';
    return `${key}: seq ${receipt.seq}, stamp ${receipt.stamp}${again}`;
  });
}
