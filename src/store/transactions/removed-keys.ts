/**
 * Keys that may be tombstones, so that a collection need not look at every entry: those whose last
 * published write is a remove, noted as they are published. What stood there before is found by one
 * walk over all entries; so is everything again, should the list have become too long to keep.
 */
const KEYS_MAX = 1_000_000;

export class RemovedKeys {
  readonly keys: Set<string> = new Set();
  /** Up to this key everything was looked at; `''`: nothing yet, `undefined`: everything. */
  walkedTo: string | undefined = '';

  add(key: string): void {
    if (this.keys.size >= KEYS_MAX) {
      this.keys.clear();
      this.walkedTo = '';
    }
    this.keys.add(key);
  }
}
