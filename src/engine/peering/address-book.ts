/**
 * What this node remembers of each member from one opening to the next: where it was last reached
 * (hints for the next attempt, nothing more: whoever answers there proves its key anew), when, and
 * up to which seq it had everything (so that retention keeps the log for it while its lease lasts).
 * Kept in `<dataDir>/peers.json`; one that is lost or damaged is an empty one, which keeps more.
 */
import type { Env } from '../../env/index.ts';
import { placeFile, readFile } from '../directory.ts';

const FILE = 'peers.json';
/** Addresses kept for each member, the newest first. */
const ADDRESSES_MAX = 8;
const MEMBERS_MAX = 4096;
const ADDRESS = /^[^\s\p{C}]{1,255}:\d{1,5}$/u;

/** Of one member. */
export interface PeerNote {
  /** `host:port`, the one that worked last first. */
  readonly addresses: readonly string[];
  /** Wall time of the last link, or of when the member was first heard of. */
  readonly seenMs?: number | undefined;
  /** It had all of this node's log up to this seq, durably. */
  readonly heldSeq?: number | undefined;
}

const NOTHING: PeerNote = { addresses: [] };

export class AddressBook {
  readonly #env: Env;
  readonly #dataDir: string;
  readonly #notes = new Map<string, PeerNote>();
  #isDirty = false;

  constructor(env: Env, dataDir: string) {
    this.#env = env;
    this.#dataDir = dataDir;
    for (const [fingerprint, note] of load(env, dataDir)) this.#notes.set(fingerprint, note);
  }

  noteOf(fingerprint: string): PeerNote {
    return this.#notes.get(fingerprint) ?? NOTHING;
  }

  of(fingerprint: string): readonly string[] {
    return this.noteOf(fingerprint).addresses;
  }

  /** An address worked, or was named by the member itself or by discovery. */
  note(fingerprint: string, address: string): void {
    const { addresses } = this.noteOf(fingerprint);
    if (addresses[0] === address || !ADDRESS.test(address)) return;
    const others = addresses.filter((one) => one !== address);
    this.#set(fingerprint, { addresses: [address, ...others].slice(0, ADDRESSES_MAX) });
  }

  /** It was there at this wall time, and had the log up to `heldSeq`. */
  seen(fingerprint: string, seenMs: number, heldSeq: number): void {
    const before = this.noteOf(fingerprint);
    this.#set(fingerprint, { seenMs, heldSeq: Math.max(heldSeq, before.heldSeq ?? 0) });
  }

  /** Writes what changed; what fails is left to the next time. */
  save(): void {
    if (!this.#isDirty) return;
    this.#isDirty = false;
    const { name, bytes } = bookFile(this.#notes);
    try {
      placeFile(this.#env, this.#dataDir, name, bytes);
    } catch {
      this.#isDirty = true;
    }
  }

  #set(fingerprint: string, change: Partial<PeerNote>): void {
    if (!this.#notes.has(fingerprint) && this.#notes.size >= MEMBERS_MAX) return;
    this.#notes.set(fingerprint, { ...this.noteOf(fingerprint), ...change });
    this.#isDirty = true;
  }
}

/** The file of a node that knows addresses and nothing else. */
export function addressFile(addresses: ReadonlyMap<string, readonly string[]>): {
  name: string;
  bytes: Uint8Array;
} {
  return bookFile(new Map([...addresses].map(([key, some]) => [key, { addresses: some }])));
}

function bookFile(notes: ReadonlyMap<string, PeerNote>): { name: string; bytes: Uint8Array } {
  const text = JSON.stringify({ format: 1, peers: Object.fromEntries(notes) }, null, 2);
  return { name: FILE, bytes: new TextEncoder().encode(`${text}\n`) };
}

function load(env: Env, dataDir: string): [string, PeerNote][] {
  try {
    const path = env.fs.resolve(dataDir, FILE);
    if (env.fs.stat(path) === undefined) return [];
    const { peers } = JSON.parse(new TextDecoder().decode(readFile(env, path))) as {
      peers?: unknown;
    };
    if (typeof peers !== 'object' || peers === null) return [];
    return Object.entries(peers).filter(isEntry).slice(0, MEMBERS_MAX);
  } catch {
    return [];
  }
}

function isEntry(entry: [string, unknown]): entry is [string, PeerNote] {
  const [fingerprint, note] = entry;
  if (!/^[0-9a-f]{32}$/.test(fingerprint) || typeof note !== 'object' || note === null)
    return false;
  const { addresses, seenMs, heldSeq } = note as Record<string, unknown>;
  const isList = Array.isArray(addresses) && addresses.length <= ADDRESSES_MAX;
  return isList && addresses.every(isAddress) && isCount(seenMs) && isCount(heldSeq);
}

function isAddress(value: unknown): boolean {
  return typeof value === 'string' && ADDRESS.test(value);
}

function isCount(value: unknown): boolean {
  return value === undefined || (Number.isSafeInteger(value) && (value as number) >= 0);
}
