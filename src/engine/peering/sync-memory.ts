/**
 * What sync knows beside the log and would have to learn anew: the last statement of every member,
 * whose snapshot this state came by while no second member has confirmed it, and what was looked at
 * already. It outlives a replaced state and, in `<dataDir>/sync.json`, a restart. Nothing is lost
 * without the file but time: statements are signed, and are verified again by whoever takes them
 * from here.
 */
import { bytesOfHex, ByteReader, hexOf, Vector, type VectorStatement } from '../../core/index.ts';
import type { Env, Timer } from '../../env/index.ts';
import { placeFile, readFile } from '../directory.ts';

const FILE = 'sync.json';
const STATEMENTS_MAX = 10_000;
const SAVE_MS = 30_000;
const SETTLED_MAX = 10_000;
const FINGERPRINT = /^[0-9a-f]{32}$/;

export class SyncMemory {
  statements: readonly VectorStatement[] = [];
  /** Ends of memberships that were compared with the log and hold in it. */
  readonly settledEnds: Set<string> = new Set();
  readonly #env: Env;
  readonly #dataDir: string;
  #unchecked: string | undefined;
  #timer: Timer | undefined;
  #isClosed = false;

  /** A file that cannot be read counts as none. */
  constructor(env: Env, dataDir: string) {
    this.#env = env;
    this.#dataDir = dataDir;
    const read = load(env, dataDir);
    this.statements = read.statements;
    this.#unchecked = read.unchecked;
    for (const name of read.settledEnds) this.settledEnds.add(name);
  }

  /** Fingerprint of the giver of a snapshot that no second member has confirmed. */
  get unchecked(): string | undefined {
    return this.#unchecked;
  }

  /** Durable when this returns; throws what the disk says. */
  setUnchecked(from: string | undefined): void {
    this.#unchecked = from;
    this.#write();
  }

  /** Once for many calls: what is lost with the process is said again by whoever said it. */
  saveSoon(statements: () => readonly VectorStatement[]): void {
    if (this.#isClosed) return;
    this.#timer ??= this.#env.timers.after(SAVE_MS, () => {
      this.#timer = undefined;
      this.save(statements());
    });
  }

  close(statements: readonly VectorStatement[]): void {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.save(statements);
  }

  /** What fails is left to the next time. */
  save(statements: readonly VectorStatement[]): void {
    const isSame =
      statements.length === this.statements.length &&
      statements.every((statement, index) => statement === this.statements[index]);
    if (isSame) return;
    this.statements = statements;
    try {
      this.#write();
    } catch {
      this.statements = [];
    }
  }

  #write(): void {
    const statements = this.statements.slice(0, STATEMENTS_MAX).map((statement) => ({
      fingerprint: statement.fingerprint,
      timeMs: statement.timeMs,
      vector: hexOf(statement.vector.encode()),
      signature: hexOf(statement.signature),
    }));
    const settledEnds = [...this.settledEnds].slice(0, SETTLED_MAX);
    const record = { format: 1, unchecked: this.#unchecked, settledEnds, statements };
    const text = JSON.stringify(record);
    placeFile(this.#env, this.#dataDir, FILE, new TextEncoder().encode(`${text}\n`));
  }
}

interface Read {
  readonly statements: readonly VectorStatement[];
  readonly unchecked: string | undefined;
  readonly settledEnds: readonly string[];
}

const NOTHING: Read = { statements: [], unchecked: undefined, settledEnds: [] };

function load(env: Env, dataDir: string): Read {
  try {
    const path = env.fs.resolve(dataDir, FILE);
    if (env.fs.stat(path) === undefined) return NOTHING;
    const read = JSON.parse(new TextDecoder().decode(readFile(env, path))) as {
      readonly unchecked?: unknown;
      readonly statements?: unknown;
      readonly settledEnds?: unknown;
    };
    const { unchecked } = read;
    const isNamed = typeof unchecked === 'string' && FINGERPRINT.test(unchecked);
    return {
      statements: listOf(read.statements).slice(0, STATEMENTS_MAX).map(statementOf),
      unchecked: isNamed ? unchecked : undefined,
      settledEnds: listOf(read.settledEnds).slice(0, SETTLED_MAX).map(String),
    };
  } catch {
    return NOTHING;
  }
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Throws where it is none: the whole file counts as none then. */
function statementOf(value: unknown): VectorStatement {
  const { fingerprint, timeMs, vector, signature } = value as Record<string, unknown>;
  const bytes = bytesOfHex(String(signature));
  if (bytes?.length !== 64 || !FINGERPRINT.test(String(fingerprint))) throw new Error('malformed');
  const encoded = bytesOfHex(String(vector)) ?? new Uint8Array(0);
  return {
    fingerprint: String(fingerprint),
    timeMs: Number(timeMs),
    vector: Vector.decode(new ByteReader(encoded)),
    signature: bytes,
  };
}
