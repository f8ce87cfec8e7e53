/**
 * What the cases of `NodeApi`'s contract share.
 */
import type { Value } from '../core/index.ts';
import type { NodeApi } from '../engine/index.ts';

export interface NodeApiCase {
  readonly name: string;
  run(api: NodeApi): Promise<void>;
}

/** Every kind of value, and objects that look like tags. */
export const VALUES: readonly Value[] = [
  null,
  true,
  -1.5,
  '',
  'a\u0000\u{1f600}',
  [1, [2]],
  { a: { b: [] }, ä: 'ö' },
  new Date(0),
  12345678901234567890n,
  new Uint8Array([0, 255]),
  { $date: 'no date' },
  { error: { code: 'x', message: 'y' }, siblings: [1], value: 1 },
];

/** Plain text of anything, for comparison. */
export function shown(value: unknown): string {
  return JSON.stringify(value, (_name, item: unknown) => {
    if (typeof item === 'bigint') return `${item}n`;
    return item instanceof Uint8Array ? [...item] : item;
  });
}
