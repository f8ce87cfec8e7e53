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
    return versions.findLast((version) => version.seq <= seq)?.value;
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
      for (const { seq } of this.#byKey.get(name) ?? []) if (seq > from && seq <= to) seqs.add(seq);
    }
    yield* [...seqs].sort((left, right) => left - right);
  }

  #keys(prefix: string): string[] {
    return [...this.#byKey.keys()].filter((key) => key.startsWith(prefix));
  }
}

/** Entries as one comparable text. */
export function entriesText(entries: readonly (readonly [string, Value])[]): string {
  return entries
    .map(([key, value]) => `${key}=${valueText(value)}`)
    .sort()
    .join(' ');
}
