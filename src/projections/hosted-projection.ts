/**
 * One projection at work: its state, how far it has come, and why it was set aside if it was. All
 * code of the application is called here and nothing that it throws gets out of `fold` and
 * `section`: a faulty projection stands still, the others and the node go on.
 */
import { AdastraError, isReservedKey, type Value } from '../core/index.ts';
import type { Storage } from '../store/storage/index.ts';
import { failedError, isPromise, messageOf, type ProjectionFailure } from './failure.ts';
import { eventOf, type FoldCommit, type FoldEntry } from './fold-commit.ts';
import type { AnyProjection, ProjectionEvent } from './projection.ts';
import { decodeSection, encodeFailure, encodeState, sectionName } from './section.ts';

export interface HostedLimits {
  /** Bytes of a state as encoded, above which it is not kept in checkpoints. */
  readonly projectionBytesMax: number;
  readonly depthMax: number;
}

type Apply = (state: unknown, event: ProjectionEvent) => unknown;

export class HostedProjection {
  readonly definition: AnyProjection;
  readonly #limits: HostedLimits;
  readonly #apply: Apply;
  #state: unknown = undefined;
  failure: ProjectionFailure | undefined = undefined;
  /** Seq of the last commit that gave it an event. */
  touchedSeq = 0;
  /** As last encoded; `undefined` before the first time. */
  bytes: number | undefined = undefined;
  /** Larger than a checkpoint may hold of it. */
  isTooLarge = false;
  onFailure: (failure: ProjectionFailure) => void = () => {};

  constructor(definition: AnyProjection, limits: HostedLimits) {
    this.definition = definition;
    this.#limits = limits;
    this.#apply = definition.apply as Apply;
  }

  get name(): string {
    return this.definition.name;
  }

  get sectionName(): string {
    return sectionName(this.name);
  }

  /** Begins with the first state there is. */
  beginEmpty(): void {
    this.#reset();
    try {
      this.#state = this.definition.initial();
      if (isPromise(this.#state)) throw new TypeError('initial() returned a promise');
      this.#encoded();
    } catch (error) {
      this.fail(0, error);
    }
  }

  /** Begins with what a checkpoint holds; whether it holds it, at this version. */
  beginWith(section: Uint8Array | undefined): boolean {
    if (section === undefined) return false;
    this.#reset();
    try {
      const kept = decodeSection(section);
      if (kept === undefined || kept.version !== this.definition.version) return false;
      if ('failure' in kept) this.failure = kept.failure;
      else {
        const { decode } = this.definition;
        this.#state = decode === undefined ? kept.value : decode(kept.value);
        if (isPromise(this.#state)) return false;
        this.bytes = kept.bytes;
      }
      return true;
    } catch {
      // It carries a good checksum, so its own code cannot read what it wrote: made anew.
      return false;
    }
  }

  /** It cannot begin: the commits that it needs are gone. */
  beginWithoutHistory(baseSeq: number): void {
    this.#reset();
    const message = `it needs every commit, and the log begins behind seq ${baseSeq}`;
    this.failure = { kind: 'history_truncated', seq: 0, message };
    this.onFailure(this.failure);
  }

  /** Folds what one commit made of its keys. */
  fold({ seq, first }: FoldCommit): void {
    if (this.failure !== undefined) return;
    try {
      for (let entry: FoldEntry | undefined = first; entry !== undefined; entry = entry.next) {
        if (this.wants(entry.key)) this.#fold(eventOf(entry.key, entry.cell, seq), seq);
      }
    } catch (error) {
      this.fail(seq, error);
    }
  }

  /** Folds the entries of a base as if each had just been put; they stand behind `seq`. */
  foldEntry(event: ProjectionEvent, seq: number): void {
    if (this.failure !== undefined) return;
    try {
      this.#fold(event, seq);
    } catch (error) {
      this.fail(seq, error);
    }
  }

  wants(key: string): boolean {
    const { prefix, system } = this.definition;
    if (prefix !== undefined && !key.startsWith(prefix)) return false;
    return system === true || !isReservedKey(key);
  }

  /** What a checkpoint keeps of it; `undefined` where that is nothing, or too much. */
  section(seq: number): Uint8Array | undefined {
    const { version } = this.definition;
    if (this.failure === undefined) {
      try {
        const section = this.#encoded();
        this.bytes = section?.length ?? this.bytes;
        return section;
      } catch (error) {
        this.fail(seq, error);
      }
    }
    return encodeFailure(version, this.failure as unknown as ProjectionFailure);
  }

  /** What a query returns, as it returns it; throws `projection_unknown`, `projection_failed`. */
  ask(query: string, args: unknown): unknown {
    const { queries = {} } = this.definition;
    const asked = Object.hasOwn(queries, query) ? queries[query] : undefined;
    if (asked === undefined) throw unknownQuery(this.name, query, Object.keys(queries));
    if (this.failure !== undefined) throw failedError(this.name, this.failure);
    let answer: unknown;
    try {
      answer = asked(this.#state as never, args as never);
    } catch (error) {
      throw AdastraError.is(error) ? error : queryFailed(this.name, query, messageOf(error));
    }
    if (isPromise(answer)) throw queryFailed(this.name, query, 'it returned a promise');
    return answer;
  }

  fail(seq: number, thrown: unknown): void {
    this.failure = { kind: 'threw', seq, message: messageOf(thrown) };
    // What it left half done is of no use to anybody.
    this.#state = undefined;
    this.touchedSeq = Math.max(this.touchedSeq, seq);
    this.onFailure(this.failure);
  }

  #fold(event: ProjectionEvent, seq: number): void {
    const next = this.#apply(this.#state, event);
    if (next !== undefined) {
      if (isPromise(next)) throw new TypeError('apply() returned a promise');
      this.#state = next;
    }
    this.touchedSeq = seq;
  }

  #reset(): void {
    this.#state = undefined;
    this.failure = undefined;
    this.touchedSeq = 0;
    this.bytes = undefined;
    this.isTooLarge = false;
  }

  /** `undefined` where entries alone make it, and where it is too large; throws for no value. */
  #encoded(): Uint8Array | undefined {
    const { version, encode, ofEntries } = this.definition;
    if (ofEntries === true) return undefined;
    const { projectionBytesMax: bytesMax, depthMax } = this.#limits;
    const value = encode === undefined ? this.#state : encode(this.#state as never);
    this.isTooLarge = false;
    try {
      return encodeState(version, value as Value, { bytesMax, depthMax });
    } catch (error) {
      const isLimit = AdastraError.is(error) && error.code === 'limit_exceeded';
      if (!isLimit || error.details['limitName'] !== 'valueBytesMax') throw error;
      this.isTooLarge = true;
      return undefined;
    }
  }
}

/** Gives each projection of a list the entries of a state, in key order, as puts. */
export function foldEntries(
  hosted: readonly HostedProjection[],
  storage: Pick<Storage, 'range' | 'lastSeq'>,
  seq: number,
): void {
  if (hosted.length === 0) return;
  const cursor = storage.range({ includeSystem: true });
  while (cursor.next()) {
    const { key } = cursor;
    const wanting = hosted.filter((one) => one.wants(key));
    if (wanting.length === 0) continue;
    const { viewCell } = cursor.entry();
    if (viewCell === undefined) continue;
    const ownSeq = storage.lastSeq(cursor.ref);
    for (const one of wanting) one.foldEntry(eventOf(key, viewCell, ownSeq), seq);
  }
}

function unknownQuery(projection: string, query: string, known: readonly string[]): AdastraError {
  const message = `projection ${projection} has no query ${JSON.stringify(query)}`;
  return new AdastraError('projection_unknown', message, {
    hint: known.length === 0 ? 'it has no queries' : `its queries: ${known.join(', ')}`,
    details: { projection, query, known },
  });
}

function queryFailed(projection: string, query: string, message: string): AdastraError {
  return new AdastraError(
    'projection_failed',
    `query ${query} of projection ${projection} failed: ${message}`,
    {
      hint: 'look at its arguments; the projection itself goes on',
      details: { projection, query, message },
    },
  );
}
