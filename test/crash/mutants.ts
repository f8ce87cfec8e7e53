/**
 * Nodes with one fault each, of the kinds that stores really had. They are planted from outside, in
 * what the node is given or by a spy on one of its parts: product code has no switch for them.
 */
import { vi } from 'vitest';
import type { Env, FileAccess, Timers } from '../../src/env/index.ts';
import type { MemoryEnv } from '../../src/env/memory/index.ts';
import type { File } from '../../src/env/index.ts';
import { Overlay, type PendingEntry } from '../../src/store/transactions/overlay.ts';
import { Replay } from '../../src/store/transactions/index.ts';
import type { Batch } from '../../src/wal/index.ts';
import { PlantedDisk, PlantedFile } from './planted-disk.ts';
import type { Plant } from './scenario.ts';

/** A fault, how it is planted, and what must be found. */
export interface Mutant {
  readonly name: string;
  readonly plant?: Plant;
  /** Plants a spy; `vi.restoreAllMocks` takes it out. */
  readonly spy?: () => void;
  /** At least one violation says this. */
  readonly finds: RegExp;
}

const LOG_FILE = /\/log\/\d{8}\.log$/;

/** Says that it flushed, and does so a little later. */
class LateSync extends PlantedFile {
  readonly #timers: Timers;
  #isLate = false;

  constructor(inner: File, timers: Timers) {
    super(inner);
    this.#timers = timers;
  }

  override sync(): void {
    this.#later();
  }

  override syncAsync(done: (error: Error | undefined) => void): void {
    this.#timers.soon(() => done(undefined));
    this.#later();
  }

  override close(): void {
    this.#catchUp();
    super.close();
  }

  #later(): void {
    this.#isLate = true;
    this.#timers.soon(() => this.#timers.soon(() => this.#catchUp()));
  }

  #catchUp(): void {
    if (!this.#isLate) return;
    this.#isLate = false;
    try {
      this.inner.sync();
    } catch {
      // The power went first.
    }
  }
}

class EarlyAcknowledgement extends PlantedDisk {
  readonly #timers: Timers;

  constructor({ fs, timers }: Env) {
    super(fs);
    this.#timers = timers;
  }

  override open(path: string, access: FileAccess): File {
    const file = super.open(path, access);
    return LOG_FILE.test(path) ? new LateSync(file, this.#timers) : file;
  }
}

class NoDirectorySync extends PlantedDisk {
  readonly #where: RegExp;

  constructor({ fs }: Env, where: RegExp) {
    super(fs);
    this.#where = where;
  }

  override syncDirectory(path: string): void {
    if (!this.#where.test(path)) super.syncDirectory(path);
  }
}

/** The copy that would end where the good frames end never takes the place of the segment. */
class TailStays extends PlantedDisk {
  override rename(from: string, to: string): void {
    if (LOG_FILE.test(to) && this.stat(to) !== undefined) this.removeFile(from);
    else super.rename(from, to);
  }
}

function onDisk(make: (env: MemoryEnv) => PlantedDisk): Plant {
  return (env) => ({ ...env, fs: make(env) });
}

/** A checksum that fits everything. */
function blindCrypto({ crypto, ...env }: MemoryEnv): Env {
  return {
    ...env,
    crypto: {
      sha256: (data) => crypto.sha256(data),
      crc32: () => 0,
      ed25519PublicKey: (seed) => crypto.ed25519PublicKey(seed),
      ed25519Sign: (seed, message) => crypto.ed25519Sign(seed, message),
      ed25519Verify: (key, message, signature) => crypto.ed25519Verify(key, message, signature),
    },
  };
}

/** Of a commit with several keys only the first moves into what readers see. */
function publishHalf(): void {
  const publish = Overlay.prototype.publish;
  vi.spyOn(Overlay.prototype, 'publish').mockImplementation(function half(
    this: Overlay,
    seq: number,
    first: PendingEntry | undefined,
  ) {
    const rest = first?.next;
    if (first !== undefined) first.next = undefined;
    publish.call(this, seq, first);
    if (first !== undefined) first.next = rest;
  });
}

/** What was admitted is visible at once, before its batch is in the log. */
function publishEarly(): void {
  const add = Overlay.prototype.add;
  vi.spyOn(Overlay.prototype, 'add').mockImplementation(function early(
    this: Overlay,
    entry: PendingEntry,
  ) {
    const ends = add.call(this, entry);
    if (entry.siblings === undefined) this.storage.setSingle(entry.key, entry.cell, entry.seq);
    return ends;
  });
}

/** Replay ends in the middle of the last batch: one commit of it is missing. */
function replayHalf(): void {
  const apply = Replay.prototype.apply;
  vi.spyOn(Replay.prototype, 'apply').mockImplementation(function half(
    this: Replay,
    batch: Batch,
    toSeq?: number,
  ) {
    const last = batch.firstSeq + batch.count - 1;
    const until = batch.count > 1 ? last - 1 : last;
    apply.call(this, batch, Math.min(until, toSeq ?? until));
  });
}

/** The five that the suite must catch, some in more than one shape. */
export const MUTANTS: readonly Mutant[] = [
  {
    name: 'acknowledges before fdatasync',
    plant: onDisk((env) => new EarlyAcknowledgement(env)),
    finds: /INV-1: \d+ commits are there, \d+ were promised/,
  },
  {
    name: 'syncs no directory',
    plant: onDisk((env) => new NoDirectorySync(env, /./)),
    finds: /INV-1/,
  },
  {
    name: 'syncs no directory of the log',
    plant: onDisk((env) => new NoDirectorySync(env, /node\/log$/)),
    finds: /INV-1/,
  },
  { name: 'has no checksum', plant: blindCrypto, finds: /INV-(3|13)/ },
  {
    name: 'leaves a torn tail before the next append',
    plant: onDisk((env) => new TailStays(env.fs)),
    finds: /INV-13: \d+ torn bytes though all was flushed/,
  },
  { name: 'shows half a commit', spy: publishHalf, finds: /INV-2: what is visible/ },
  { name: 'shows a commit before its log', spy: publishEarly, finds: /INV-2: what is visible/ },
  { name: 'recovers half a batch', spy: replayHalf, finds: /INV-[136]/ },
];
