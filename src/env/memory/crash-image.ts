/**
 * What a disk looks like after a crash. A killed process loses nothing that was visible; a power
 * cut keeps what is durable and decides on every pending change:
 *
 * - `lose-unsynced`: none survives. `keep-all`: all survive (except what a failed flush lost).
 * - `torn`: of each write not synced, every 512-byte sector is kept, dropped or garbage (a quarter
 *   of the writes whole, a quarter not at all, the rest by sector); a size change is kept or not;
 *   of each directory's changes a prefix survives.
 * - `torn-any`: the same, but any subset of each directory's changes survives.
 *
 * Garbage stays within the bytes of the write: a sector is assumed not to destroy its neighbours'
 * bytes (SQLite's "powersafe overwrite"). A rename across directories never loses the file: its
 * removal is kept only where its arrival is.
 */
import { assert } from '../../core/index.ts';
import { Prng } from '../../core/index.ts';
import { DirectoryInode, applyChange, applyNameChange } from './memory-inode.ts';
import type { FileInode, Inode, NameChange, PendingChange } from './memory-inode.ts';
import type { PagedBytes } from './paged-bytes.ts';

/** How a crash treats what was not synced. */
export type CrashMode = 'kill' | 'lose-unsynced' | 'keep-all' | 'torn' | 'torn-any';

const SECTOR_BYTES = 512;

/** The tree as it is found after the crash; the old one stays as it was. */
export function crashImage(root: DirectoryInode, mode: CrashMode, rng: Prng): DirectoryInode {
  if (mode === 'kill') return new KillCopy().directory(root);
  return new PowerCut(mode, rng).directory(root, decideNames(root, mode, rng));
}

/** Copies a tree with everything that is pending in it. */
class KillCopy {
  readonly #inodes = new Map<Inode, Inode>();
  readonly #changes = new Map<NameChange, NameChange>();

  directory(old: DirectoryInode): DirectoryInode {
    return this.#inode(old) as DirectoryInode;
  }

  #inode(old: Inode): Inode {
    const known = this.#inodes.get(old);
    if (known !== undefined) return known;
    if (old.kind === 'file') {
      const copy = old.clone();
      this.#inodes.set(old, copy);
      return copy;
    }
    const copy = new DirectoryInode(old.number, old.tracksChanges);
    this.#inodes.set(old, copy);
    copy.modifiedMs = old.modifiedMs;
    for (const [name, inode] of old.visible) copy.visible.set(name, this.#inode(inode));
    if (!old.tracksChanges) return copy;
    for (const [name, inode] of old.durable) copy.durable.set(name, this.#inode(inode));
    copy.pending = old.pending.map((change) => this.#change(change));
    return copy;
  }

  #change(old: NameChange): NameChange {
    const known = this.#changes.get(old);
    if (known !== undefined) return known;
    const { adds, after } = old;
    const copy: NameChange = {
      removes: old.removes,
      adds: adds && { name: adds.name, inode: this.#inode(adds.inode) },
      after: after && {
        directory: this.directory(after.directory),
        change: this.#change(after.change),
      },
    };
    this.#changes.set(old, copy);
    return copy;
  }
}

/** The surviving name changes of each directory that has pending ones, in order. */
type NameDecisions = Map<DirectoryInode, NameChange[]>;

function collectUnsynced(from: DirectoryInode, found: NameDecisions, seen: Set<Inode>): void {
  if (seen.has(from)) return;
  seen.add(from);
  if (from.pending.length > 0) found.set(from, from.pending);
  for (const names of [from.visible, from.durable]) {
    for (const inode of names.values()) {
      if (inode.kind === 'directory') collectUnsynced(inode, found, seen);
    }
  }
  for (const { adds, after } of from.pending) {
    if (adds?.inode.kind === 'directory') collectUnsynced(adds.inode, found, seen);
    if (after !== undefined) collectUnsynced(after.directory, found, seen);
  }
}

function decideNames(root: DirectoryInode, mode: CrashMode, rng: Prng): NameDecisions {
  const decisions: NameDecisions = new Map();
  collectUnsynced(root, decisions, new Set());
  for (const [directory, pending] of decisions) {
    decisions.set(directory, survivors(pending, mode, rng));
  }
  if (mode !== 'lose-unsynced' && mode !== 'keep-all') keepArrivals(decisions, mode);
  return decisions;
}

function survivors(pending: NameChange[], mode: CrashMode, rng: Prng): NameChange[] {
  if (mode === 'lose-unsynced') return [];
  if (mode === 'torn') return pending.slice(0, rng.below(pending.length + 1));
  if (mode === 'torn-any') return pending.filter(() => rng.chance(0.5));
  return pending;
}

/** Takes back removals whose arrival elsewhere did not survive, until none is left. */
function keepArrivals(decisions: NameDecisions, mode: CrashMode): void {
  const isUnmet = ({ after }: NameChange): boolean =>
    after !== undefined &&
    after.directory.pending.includes(after.change) &&
    decisions.get(after.directory)?.includes(after.change) !== true;
  for (let isSettled = false; !isSettled; ) {
    isSettled = true;
    for (const [directory, kept] of decisions) {
      const unmet = kept.findIndex(isUnmet);
      if (unmet < 0) continue;
      isSettled = false;
      const rest = mode === 'torn' ? [] : kept.slice(unmet + 1);
      decisions.set(directory, [...kept.slice(0, unmet), ...rest]);
    }
  }
}

/** Builds the tree that a power cut leaves. */
class PowerCut {
  readonly #mode: CrashMode;
  readonly #rng: Prng;
  readonly #inodes = new Map<Inode, Inode>();

  constructor(mode: CrashMode, rng: Prng) {
    this.#mode = mode;
    this.#rng = rng;
  }

  directory(old: DirectoryInode, decisions: NameDecisions): DirectoryInode {
    assert(old.tracksChanges, 'a file system without a crash model can only be killed');
    const copy = new DirectoryInode(old.number, true);
    this.#inodes.set(old, copy);
    copy.modifiedMs = old.modifiedMs;
    const names = new Map(old.durable);
    for (const change of decisions.get(old) ?? []) applyNameChange(names, change);
    for (const [name, inode] of names) copy.durable.set(name, this.#inode(inode, decisions));
    copy.visible = new Map(copy.durable);
    return copy;
  }

  #inode(old: Inode, decisions: NameDecisions): Inode {
    const known = this.#inodes.get(old);
    if (known !== undefined) return known;
    if (old.kind === 'directory') return this.directory(old, decisions);
    const copy = old.withContent(this.#content(old));
    this.#inodes.set(old, copy);
    return copy;
  }

  #content(file: FileInode): PagedBytes {
    const bytes = file.durable.share();
    if (this.#mode === 'lose-unsynced') return bytes;
    for (const change of file.pending) {
      if (this.#mode === 'keep-all') applyChange(bytes, change);
      else tear(bytes, change, this.#rng);
    }
    return bytes;
  }
}

function tear(bytes: PagedBytes, change: PendingChange, rng: Prng): void {
  const fate = rng.below(4);
  if (change.kind === 'resize') {
    if (fate < 2) bytes.resize(change.sizeBytes);
    return;
  }
  if (fate === 0) return;
  if (fate === 1) {
    applyChange(bytes, change);
    return;
  }
  const end = change.position + change.bytes.length;
  if (end > bytes.sizeBytes && rng.chance(0.75)) bytes.resize(end);
  tearSectors(bytes, change, rng);
}

/** Each sector its own way, none beyond the size that survived. */
function tearSectors(
  bytes: PagedBytes,
  change: PendingChange & { kind: 'write' },
  rng: Prng,
): void {
  const end = Math.min(change.position + change.bytes.length, bytes.sizeBytes);
  for (let at = change.position; at < end; ) {
    const next = Math.min(end, at - (at % SECTOR_BYTES) + SECTOR_BYTES);
    const fate = rng.below(4);
    if (fate < 2) bytes.write(change.bytes, at - change.position, next - at, at);
    else if (fate === 2) bytes.write(garbage(rng), 0, next - at, at);
    at = next;
  }
}

const GARBAGE_BYTES = 64 * 1024;
let garbagePool: Uint8Array | undefined;

/** A sector's worth of noise out of a fixed pool: as good as fresh, and quick. */
function garbage(rng: Prng): Uint8Array {
  if (garbagePool === undefined) {
    garbagePool = new Uint8Array(GARBAGE_BYTES);
    new Prng(0xbad).fill(garbagePool);
  }
  const start = rng.below(GARBAGE_BYTES - SECTOR_BYTES);
  return garbagePool.subarray(start, start + SECTOR_BYTES);
}
