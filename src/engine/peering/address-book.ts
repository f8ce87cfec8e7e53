/**
 * Where members were last reached: hints for the next attempt, nothing more; whoever answers there
 * proves its key anew. Kept in `<dataDir>/peers.json`, written at most every few seconds, and of no
 * importance: one that is lost or damaged is an empty one.
 */
import type { Env } from '../../env/index.ts';
import { placeFile, readFile } from '../directory.ts';

const FILE = 'peers.json';
/** Addresses kept for each member, the newest first. */
const ADDRESSES_MAX = 8;
const MEMBERS_MAX = 4096;
const ADDRESS = /^[^\s\p{C}]{1,255}:\d{1,5}$/u;

export class AddressBook {
  readonly #env: Env;
  readonly #dataDir: string;
  readonly #addresses = new Map<string, readonly string[]>();
  #isDirty = false;

  constructor(env: Env, dataDir: string) {
    this.#env = env;
    this.#dataDir = dataDir;
    for (const [fingerprint, addresses] of load(env, dataDir)) {
      this.#addresses.set(fingerprint, addresses);
    }
  }

  /** `host:port`, the one that worked last first. */
  of(fingerprint: string): readonly string[] {
    return this.#addresses.get(fingerprint) ?? [];
  }

  /** An address worked, or was named by the member itself or by discovery. */
  note(fingerprint: string, address: string): void {
    const known = this.of(fingerprint);
    if (known[0] === address || !ADDRESS.test(address)) return;
    if (known.length === 0 && this.#addresses.size >= MEMBERS_MAX) return;
    const others = known.filter((one) => one !== address);
    this.#addresses.set(fingerprint, [address, ...others].slice(0, ADDRESSES_MAX));
    this.#isDirty = true;
  }

  /** Writes what changed; what fails is left to the next time. */
  save(): void {
    if (!this.#isDirty) return;
    this.#isDirty = false;
    const { name, bytes } = addressFile(this.#addresses);
    try {
      placeFile(this.#env, this.#dataDir, name, bytes);
    } catch {
      this.#isDirty = true;
    }
  }
}

/** The file as it is written. */
export function addressFile(addresses: ReadonlyMap<string, readonly string[]>): {
  name: string;
  bytes: Uint8Array;
} {
  const text = JSON.stringify({ format: 1, peers: Object.fromEntries(addresses) }, null, 2);
  return { name: FILE, bytes: new TextEncoder().encode(`${text}\n`) };
}

function load(env: Env, dataDir: string): [string, readonly string[]][] {
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

function isEntry(entry: [string, unknown]): entry is [string, string[]] {
  const [fingerprint, addresses] = entry;
  const isList = Array.isArray(addresses) && addresses.length <= ADDRESSES_MAX;
  return /^[0-9a-f]{32}$/.test(fingerprint) && isList && addresses.every(isAddress);
}

function isAddress(value: unknown): boolean {
  return typeof value === 'string' && ADDRESS.test(value);
}
