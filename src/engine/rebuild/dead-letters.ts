/**
 * Own commits that could not be authored again by themselves: another write stood where theirs
 * would have gone. They wait in `dead-letters.ndjson` for somebody to commit them anew or to drop
 * them, over restarts, within a bound in bytes; when it is reached, authoring again waits.
 */
import { AdastraError } from '../../core/index.ts';
import type { Env } from '../../env/index.ts';
import { placeFile } from '../directory.ts';
import { decodeOriginal, encodeOriginal, linesOf, nameOf, type Original } from './originals.ts';

const FILE = 'dead-letters.ndjson';
const BYTES_MAX = 64 * 1024 * 1024;

/** One that waits, and why. */
export interface WaitingLetter {
  readonly original: Original;
  readonly why: string;
}

export class DeadLetterFile {
  readonly #env: Env;
  readonly #dataDir: string;
  /** Encoded lines by id, in the order in which they came. */
  readonly #lines = new Map<string, string>();
  #bytes = 0;

  /** Reads what is there; throws what the disk says. */
  constructor(env: Env, dataDir: string) {
    this.#env = env;
    this.#dataDir = dataDir;
    const path = env.fs.resolve(dataDir, FILE);
    if (env.fs.stat(path) === undefined) return;
    for (const line of linesOf(env, path)) this.#keep(nameOf(parse(line).original), line);
  }

  get size(): number {
    return this.#lines.size;
  }

  has(id: string): boolean {
    return this.#lines.has(id);
  }

  get(id: string): WaitingLetter | undefined {
    const line = this.#lines.get(id);
    return line === undefined ? undefined : parse(line);
  }

  *letters(): Generator<WaitingLetter, void, undefined> {
    for (const line of this.#lines.values()) yield parse(line);
  }

  /**
   * Durable when this returns; `limit_exceeded` where there is no room. One that is there stays.
   */
  add(letters: readonly WaitingLetter[]): void {
    const lines = letters
      .filter(({ original }) => !this.has(nameOf(original)))
      .map((letter) => ({ id: nameOf(letter.original), line: format(letter) }));
    if (lines.length === 0) return;
    const bytes = lines.reduce((sum, { line }) => sum + line.length, this.#bytes);
    if (bytes > BYTES_MAX) {
      throw new AdastraError('limit_exceeded', 'too many dead letters wait', {
        hint: 'commit them anew or drop them: adastra sync retry',
        details: { limitName: 'dead letters', limit: BYTES_MAX, actual: bytes },
      });
    }
    for (const { id, line } of lines) this.#keep(id, line);
    this.#write();
  }

  /** Durable when this returns. */
  remove(id: string): void {
    const line = this.#lines.get(id);
    if (line === undefined) return;
    this.#lines.delete(id);
    this.#bytes -= line.length;
    this.#write();
  }

  #keep(id: string, line: string): void {
    this.#lines.set(id, line);
    this.#bytes += line.length;
  }

  /** Whole, so that a crash leaves it as it was or as it is to be. */
  #write(): void {
    const text = [...this.#lines.values()].map((line) => `${line}\n`).join('');
    placeFile(this.#env, this.#dataDir, FILE, new TextEncoder().encode(text));
  }
}

function format({ original, why }: WaitingLetter): string {
  const line = new TextDecoder().decode(encodeOriginal(original)).trimEnd();
  return JSON.stringify({ why, original: JSON.parse(line) as unknown });
}

function parse(line: string): WaitingLetter {
  const { why, original } = JSON.parse(line) as { why: string; original: unknown };
  return { why, original: decodeOriginal(JSON.stringify(original)) };
}
