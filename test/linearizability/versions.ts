/**
 * The state at every commit of a log: what each key held from which seq on.
 */
import type { Value } from '../../src/core/index.ts';
import { valueText } from '../support/value-text.ts';
import type { Logged } from './history.ts';

interface Version {
  readonly seq: number;
  readonly value: Value | undefined;
}

export class Versions {
  readonly #byKey = new Map<string, Version[]>();

  constructor(log: readonly Logged[]) {
    for (const { seq, effects } of log) {
      for (const [key, value] of effects) {
        const versions = this.#byKey.get(key) ?? [];
        versions.push({ seq, value });
        this.#byKey.set(key, versions);
      }
    }
  }

  at(key: string, seq: number): Value | undefined {
    const versions = this.#byKey.get(key) ?? [];
    return versions[firstAbove(versions, seq) - 1]?.value;
  }

  /** The state at `seq`, of keys with a prefix, as one text. */
  scanText(prefix: string, seq: number): string {
    const entries: [string, Value][] = [];
    for (const key of this.#keys(prefix)) {
      const value = this.at(key, seq);
      if (value !== undefined) entries.push([key, value]);
    }
    return entriesText(entries);
  }

  /** Seqs in `[from, to]` at which something of it may be different from the seq before. */
  *places(
    keys: { readonly key?: string; readonly prefix?: string },
    from: number,
    to: number,
  ): Generator<number> {
    if (from > to) return;
    yield from;
    const names = keys.key === undefined ? this.#keys(keys.prefix ?? '') : [keys.key];
    const seqs = new Set<number>();
    for (const name of names) {
      const versions = this.#byKey.get(name) ?? [];
      for (let index = firstAbove(versions, from); index < versions.length; index++) {
        const { seq } = versions[index] as Version;
        if (seq > to) break;
        seqs.add(seq);
      }
    }
    yield* [...seqs].sort((left, right) => left - right);
  }

  #keys(prefix: string): string[] {
    return [...this.#byKey.keys()].filter((key) => key.startsWith(prefix));
  }
}

/** Index of the first version of a list, in order, that is behind `seq`. */
function firstAbove(versions: readonly Version[], seq: number): number {
  let low = 0;
  let high = versions.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((versions[middle] as Version).seq > seq) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Entries as one comparable text. */
export function entriesText(entries: readonly (readonly [string, Value])[]): string {
  return entries
    .map(([key, value]) => `${key}=${valueText(value)}`)
    .sort()
    .join(' ');
}
