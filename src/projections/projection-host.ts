/**
 * The projections of one node. Whoever applies commits works with it so:
 *
 *   host.isIn(sections)                 would a checkpoint with these sections spare the log?
 *   host.begin({ seq, sections, … })    stands at a checkpoint, at the base or at nothing (seq 0)
 *   host.fold(commit)                   each commit, in seq order, when it becomes visible
 *   host.sections()                     what a checkpoint at this seq keeps (`Replica.sections`)
 *
 * A `Replica` holds one: `replica.load(...)`, then `replica.beginProjections(...)`, then `Replay`
 * with `host.observer`. All of it is synchronous, so a query sees one seq and never half a commit.
 */
import { AdastraError, assert, type Value } from '../core/index.ts';
import type { Storage } from '../store/storage/index.ts';
import { type Answer, encodeAnswer, valueOfAnswer } from './answer.ts';
import { failedError, messageOf } from './failure.ts';
import type { FoldCommit } from './fold-commit.ts';
import { foldEntries, HostedProjection, type HostedLimits } from './hosted-projection.ts';
import { type AnyProjection, checkProjection } from './projection.ts';
import { versionIn } from './section.ts';

/** Where projections begin. */
export interface ProjectionStart {
  /** What is folded next is the commit behind it. */
  readonly seq: number;
  readonly sections?: ReadonlyMap<string, Uint8Array> | undefined;
  /** The entries at `seq`, for what the sections lack. */
  readonly storage?: Pick<Storage, 'range' | 'lastSeq'> | undefined;
  /** Nothing stands before it: what sections lack is made of the entries. */
  readonly isBase?: boolean;
}

export interface ProjectionStatus {
  readonly name: string;
  readonly version: number;
  /** What its answers show; for one that failed, the last commit before that. */
  readonly seq: number;
  readonly state: 'live' | 'failed';
  readonly error?: { readonly seq: number; readonly message: string };
  /** Bytes of its state as last encoded for a checkpoint; `undefined` before the first. */
  readonly bytes: number | undefined;
  /** Too large for checkpoints (limit `projectionBytesMax`): made anew at each opening. */
  readonly tooLarge: boolean;
}

/** What a query gave, and the commit that it shows. */
export interface QueryAnswer {
  readonly value: Value | undefined;
  readonly seq: number;
}

export class ProjectionHost {
  readonly #limits: HostedLimits;
  readonly #hosted = new Map<string, HostedProjection>();
  #seq = 0;
  #isFolding = false;
  /** What was made anew and stands in no checkpoint yet. */
  #unsaved: readonly HostedProjection[] = [];
  /** Told once of each projection that is set aside. */
  onFailure: (error: AdastraError) => void = () => {};

  /** Throws `invalid_options`: a definition that is not whole, a name that stands twice. */
  constructor(definitions: readonly AnyProjection[], limits: HostedLimits) {
    this.#limits = limits;
    for (const definition of definitions) {
      checkProjection(definition);
      const { name } = definition;
      if (this.#hosted.has(name)) {
        throw new AdastraError('invalid_options', `two projections are named ${name}`, {
          details: { option: 'projections' },
        });
      }
      const hosted = new HostedProjection(definition, limits);
      hosted.onFailure = (failure) => this.onFailure(failedError(name, failure));
      this.#hosted.set(name, hosted);
    }
  }

  get isEmpty(): boolean {
    return this.#hosted.size === 0;
  }

  /** Seq of the last commit folded. */
  get seq(): number {
    return this.#seq;
  }

  /** What replay reports to; `undefined` where there is nothing to tell it to. */
  get observer(): ((commit: FoldCommit) => void) | undefined {
    return this.isEmpty ? undefined : (commit) => this.fold(commit);
  }

  /** Whether these sections hold every projection that entries alone do not make. */
  isIn(sections: ReadonlyMap<string, Uint8Array>): boolean {
    for (const { definition, sectionName } of this.#hosted.values()) {
      if (definition.ofEntries === true) continue;
      const section = sections.get(sectionName);
      if (section === undefined || versionIn(section) !== definition.version) return false;
    }
    return true;
  }

  /** Names of the sections that `isIn` looks at. */
  get sectionNames(): string[] {
    return [...this.#hosted.values()].map(({ sectionName }) => sectionName);
  }

  /**
   * Begins there; `false` where something is missing that only an earlier place can give. Whatever
   * was before is forgotten.
   */
  begin({ seq, sections, storage, isBase = seq === 0 }: ProjectionStart): boolean {
    this.#seq = seq;
    const lacking: HostedProjection[] = [];
    for (const hosted of this.#hosted.values()) {
      if (hosted.beginWith(sections?.get(hosted.sectionName))) continue;
      const { ofEntries, needsHistory } = hosted.definition;
      if (!isBase && ofEntries !== true) return false;
      if (seq > 0 && needsHistory === true) hosted.beginWithoutHistory(seq);
      else {
        hosted.beginEmpty();
        lacking.push(hosted);
      }
    }
    this.#unsaved = lacking;
    if (storage !== undefined) foldEntries(lacking, storage, seq);
    return true;
  }

  /** Folds a commit that becomes visible now; never throws for what a projection does. */
  fold(commit: FoldCommit): void {
    assert(commit.seq > this.#seq, 'INV-6: a commit is folded once, in seq order');
    this.#isFolding = true;
    for (const hosted of this.#hosted.values()) hosted.fold(commit);
    this.#isFolding = false;
    this.#seq = commit.seq;
  }

  /** What a checkpoint at the present seq keeps. */
  sections(): Map<string, Uint8Array> {
    const sections = new Map<string, Uint8Array>();
    for (const hosted of this.#hosted.values()) {
      const section = hosted.section(this.#seq);
      if (section !== undefined) sections.set(hosted.sectionName, section);
    }
    return sections;
  }

  /** Whether something was made anew that no checkpoint has yet and that one can have. */
  get isUnsaved(): boolean {
    return this.#unsaved.some((hosted) => hosted.section(this.#seq) !== undefined);
  }

  /** A checkpoint with `sections()` stands. */
  saved(): void {
    this.#unsaved = [];
  }

  /** Whether a projection relies on every commit of the log being there. */
  get holdsHistory(): boolean {
    for (const { definition, failure } of this.#hosted.values()) {
      if (definition.needsHistory === true && failure?.kind !== 'history_truncated') return true;
    }
    return false;
  }

  /**
   * The answer and the seq that it shows; the value is the caller's own. Throws
   * `projection_unknown`, `projection_failed`, and what the query throws as `AdastraError`.
   */
  query(projection: string, query: string, args?: unknown): QueryAnswer {
    const answer = this.answer(projection, query, args);
    return { value: valueOfAnswer(answer), seq: this.#seq };
  }

  /** The same, encoded: equal answers have equal bytes. */
  answer(projection: string, query: string, args?: unknown): Answer {
    if (this.#isFolding) {
      throw new AdastraError(
        'invalid_argument',
        'a projection was queried while commits are folded',
      );
    }
    const result = this.#find(projection).ask(query, args);
    try {
      return encodeAnswer(result, this.#limits);
    } catch (error) {
      const message = `query ${query} of projection ${projection}: ${messageOf(error)}`;
      throw new AdastraError('projection_failed', message, {
        hint: 'queries return values, or undefined',
        details: { projection, query, message: messageOf(error) },
      });
    }
  }

  /** What was set aside already, as queries are told. */
  failures(): AdastraError[] {
    const errors: AdastraError[] = [];
    for (const { name, failure } of this.#hosted.values()) {
      if (failure !== undefined) errors.push(failedError(name, failure));
    }
    return errors;
  }

  /** Seq of the last commit that gave the projection an event, or set it aside. */
  touchedSeq(projection: string): number {
    return this.#find(projection).touchedSeq;
  }

  status(): ProjectionStatus[] {
    return [...this.#hosted.values()].map(({ definition, failure, bytes, isTooLarge }) => {
      const { name, version } = definition;
      const shared = { name, version, bytes, tooLarge: isTooLarge };
      if (failure === undefined) return { ...shared, seq: this.#seq, state: 'live' };
      const { seq, message } = failure;
      const standsAt = Math.max(seq - 1, 0);
      return { ...shared, seq: standsAt, state: 'failed', error: { seq, message } };
    });
  }

  #find(name: string): HostedProjection {
    const hosted = this.#hosted.get(name);
    if (hosted !== undefined) return hosted;
    const known = [...this.#hosted.keys()];
    throw new AdastraError('projection_unknown', `there is no projection ${JSON.stringify(name)}`, {
      hint:
        known.length === 0
          ? 'this node was opened without projections'
          : `known projections: ${known.join(', ')}`,
      details: { projection: name, known },
    });
  }
}
