/**
 * The bytes of one file in memory, in pages that copies share until one of them writes. `share`
 * costs a list of pages and no bytes; that is what makes thousands of crash images affordable. A
 * page that was never written is a hole and reads as zeros.
 */

const PAGE_BYTES = 4096;

/** Sparse bytes that grow on write. */
export class PagedBytes {
  #pages: (Uint8Array | undefined)[] = [];
  /** Pages that no other copy can see. */
  #owned = new Set<number>();
  #sizeBytes = 0;

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** A second copy of the same content; either may be written without the other seeing it. */
  share(): PagedBytes {
    const copy = new PagedBytes();
    copy.#pages = this.#pages.slice();
    copy.#sizeBytes = this.#sizeBytes;
    this.#owned = new Set();
    return copy;
  }

  /** Copies up to `length` bytes from `position` into `target[offset…]`; how many there were. */
  read(target: Uint8Array, offset: number, length: number, position: number): number {
    const count = Math.max(0, Math.min(length, this.#sizeBytes - position));
    for (let done = 0; done < count; ) {
      const at = position + done;
      const within = at % PAGE_BYTES;
      const part = Math.min(PAGE_BYTES - within, count - done);
      const page = this.#pages[(at - within) / PAGE_BYTES];
      if (page === undefined) target.fill(0, offset + done, offset + done + part);
      else target.set(page.subarray(within, within + part), offset + done);
      done += part;
    }
    return count;
  }

  /** Copies `length` bytes of `source[offset…]` to `position`; grows the size where it must. */
  write(source: Uint8Array, offset: number, length: number, position: number): void {
    for (let done = 0; done < length; ) {
      const at = position + done;
      const within = at % PAGE_BYTES;
      const part = Math.min(PAGE_BYTES - within, length - done);
      const page = this.#ownPage((at - within) / PAGE_BYTES);
      page.set(source.subarray(offset + done, offset + done + part), within);
      done += part;
    }
    if (length > 0) this.#sizeBytes = Math.max(this.#sizeBytes, position + length);
  }

  /** Cuts, or grows by zeros. */
  resize(sizeBytes: number): void {
    if (sizeBytes < this.#sizeBytes) this.#cut(sizeBytes);
    this.#sizeBytes = sizeBytes;
  }

  /** Turns one bit over; `position` must be within the size. */
  flipBit(position: number, bit: number): void {
    const within = position % PAGE_BYTES;
    const page = this.#ownPage((position - within) / PAGE_BYTES);
    page[within] = (page[within] as number) ^ (1 << bit);
  }

  /** All of it, as a new array. */
  toBytes(): Uint8Array {
    const all = new Uint8Array(this.#sizeBytes);
    this.read(all, 0, this.#sizeBytes, 0);
    return all;
  }

  #ownPage(index: number): Uint8Array {
    const known = this.#pages[index];
    if (known !== undefined && this.#owned.has(index)) return known;
    const page = known === undefined ? new Uint8Array(PAGE_BYTES) : known.slice();
    while (this.#pages.length < index) this.#pages.push(undefined);
    this.#pages[index] = page;
    this.#owned.add(index);
    return page;
  }

  /** What lies behind the cut must read as zeros if the file grows again. */
  #cut(sizeBytes: number): void {
    const within = sizeBytes % PAGE_BYTES;
    const kept = Math.ceil(sizeBytes / PAGE_BYTES);
    for (let index = kept; index < this.#pages.length; index++) this.#owned.delete(index);
    if (this.#pages.length > kept) this.#pages.length = kept;
    if (within > 0 && this.#pages[kept - 1] !== undefined) this.#ownPage(kept - 1).fill(0, within);
  }
}
