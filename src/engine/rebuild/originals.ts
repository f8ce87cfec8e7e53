/**
 * Own commits that a new base lacks, written down while the old log is at hand: what each wrote,
 * and which siblings each of its keys had when it was made. One JSON line a commit, in log order,
 * so that any number is written and read in bounded memory.
 */
import {
  isReservedKey,
  jsonOf,
  type JsonValue,
  type Value,
  valueOfJson,
} from '../../core/index.ts';
import type { Env, File } from '../../env/index.ts';
import {
  commitAt,
  commitsOf,
  type LogCommit,
  type WriteName,
} from '../../store/transactions/index.ts';
import type { CommitLog } from '../../wal/index.ts';
import { readFully } from './file-digest.ts';

/** Whether a new base has a commit of the old log; `unsure`: nothing tells. */
export type Fate = 'kept' | 'lost' | 'unsure';
export type FateOf = (origin: string, originSeq: number) => Fate;

/** Beside the log: what is still to be authored again. */
export const ORIGINALS_FILE = 'reauthor.ndjson';

/** One sibling that an original had seen; `gone`: a remove, which may have been collected since. */
export interface Basis extends WriteName {
  readonly gone: boolean;
}

export interface OriginalEvent {
  readonly key: string;
  readonly kind: 'put' | 'remove';
  readonly value: Value | undefined;
  /** The key's siblings before it; `undefined` where the old log no longer said. */
  readonly basis: readonly Basis[] | undefined;
}

export interface Original extends WriteName {
  readonly actor: string | undefined;
  readonly reason: string | undefined;
  readonly metadata: Value | undefined;
  readonly events: readonly OriginalEvent[];
  /** It may stand in the new base all the same: it is shown, and not written by itself. */
  readonly unsure?: true;
}

/** `<origin>/<originSeq>`: what a dead letter and `sync why` call it. */
export function nameOf({ origin, originSeq }: WriteName): string {
  return `${origin}/${originSeq}`;
}

/** The own commits of a log that `fateOf` does not call kept, void ones passed over. */
export function* originalsIn(log: CommitLog, fateOf: FateOf): Generator<Original, void, undefined> {
  if (log.headSeq <= log.baseSeq) return;
  for (const batch of log.read(log.baseSeq + 1)) {
    const window = { fromSeq: batch.firstSeq, toSeq: log.headSeq };
    for (const commit of commitsOf(batch, window)) {
      const { origin, originSeq } = commit;
      if (origin === undefined || commit.void !== undefined) continue;
      const fate = fateOf(origin, originSeq);
      if (fate === 'kept') continue;
      const original = originalOf(log, commit, origin);
      yield fate === 'lost' ? original : { ...original, unsure: true };
    }
  }
}

/** What a commit of this log was, with what its keys held before it. */
export function originalOf(log: CommitLog, commit: LogCommit, origin: string): Original {
  const { originSeq, actor, reason, metadata, events, links } = commit;
  const described = events.map(({ key, kind, value }, index) => {
    const basis = basisOf(log, key, links[index] as number);
    return { key, kind, value: kind === 'put' ? value : undefined, basis };
  });
  return { origin, originSeq, actor, reason, metadata, events: described };
}

/** What the key held behind its event at `seq` (0: nothing before it). */
function basisOf(log: CommitLog, key: string, seq: number): Basis[] | undefined {
  if (seq === 0) return [];
  const commit = commitAt(log, seq);
  const index = commit?.events.findIndex((event) => event.key === key) ?? -1;
  if (commit === undefined || index < 0) return undefined;
  const kept = commit.effects[index]?.kept ?? [];
  const others = kept.map(({ origin, originSeq }) => ({ origin, originSeq, gone: false }));
  // A changed view wrote nothing itself: all siblings stand in its effect.
  if (commit.origin === undefined) return others;
  const gone = commit.events[index]?.kind === 'remove';
  return [...others, { origin: commit.origin, originSeq: commit.originSeq, gone }];
}

/** Whether it speaks of the world itself, which nobody repeats for its author. */
export function isStatement({ events }: Original): boolean {
  return events.some(({ key }) => isReservedKey(key));
}

export function encodeOriginal(original: Original): Uint8Array {
  const events = original.events.map((event) => ({
    ...event,
    value: event.value === undefined ? undefined : jsonOf(event.value),
  }));
  const { metadata } = original;
  const shown = metadata === undefined ? undefined : jsonOf(metadata);
  return new TextEncoder().encode(`${JSON.stringify({ ...original, metadata: shown, events })}\n`);
}

export function decodeOriginal(text: string): Original {
  const read = JSON.parse(text) as Original & { metadata?: JsonValue };
  const events = read.events.map((event) => ({
    ...event,
    value: event.value === undefined ? undefined : valueOfJson(event.value as JsonValue),
  }));
  const { metadata } = read;
  return { ...read, metadata: metadata === undefined ? undefined : valueOfJson(metadata), events };
}

/** Writes lines into a new file; durable when this returns. Gives how many there were. */
export function writeOriginals(env: Env, path: string, originals: Iterable<Uint8Array>): number {
  const file = env.fs.open(path, 'create');
  try {
    let at = 0;
    let count = 0;
    for (const line of originals) {
      for (let done = 0; done < line.length; ) {
        const written = file.write(line, done, line.length - done, at + done);
        if (written === 0) throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
        done += written;
      }
      at += line.length;
      count++;
    }
    file.sync();
    return count;
  } finally {
    file.close();
  }
}

const READ_BYTES = 256 * 1024;
const NEWLINE = 0x0a;

/** Lines of a file, without their ends; holds one line and a piece of the file. */
export function* linesOf(env: Env, path: string): Generator<string, void, undefined> {
  const file = env.fs.open(path, 'read');
  try {
    yield* linesIn(file);
  } finally {
    file.close();
  }
}

function* linesIn(file: File): Generator<string, void, undefined> {
  const decoder = new TextDecoder();
  const piece = new Uint8Array(READ_BYTES);
  let parts: Uint8Array[] = [];
  for (let at = 0; ; ) {
    const count = readFully(file, piece, at, READ_BYTES);
    if (count === 0) return;
    at += count;
    let start = 0;
    for (let end = piece.indexOf(NEWLINE); end >= 0 && end < count; ) {
      parts.push(piece.slice(start, end));
      yield parts
        .map((part, index) => decoder.decode(part, { stream: index < parts.length - 1 }))
        .join('');
      parts = [];
      start = end + 1;
      end = piece.indexOf(NEWLINE, start);
    }
    if (start < count) parts.push(piece.slice(start, count));
  }
}
