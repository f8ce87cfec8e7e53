/**
 * What a projection is: a state of the application's own, made by folding the events of the log,
 * and questions about it. `apply` is a pure function of the state and the event: no clock, no
 * randomness, no reading or writing of the node, so that the same log gives the same state on every
 * machine and after every restart (INV-6).
 */
import { AdastraError, type Value } from '../core/index.ts';

/** The post-state that a commit gave to one key, as readers get it. */
export interface ProjectionEvent {
  readonly key: string;
  readonly kind: 'put' | 'remove';
  /** An own copy; `undefined` for a remove. */
  readonly value: Value | undefined;
  /** Seq of the commit; at a rebuild from a base, of the last one that touched the key. */
  readonly seq: number;
  /** When what is shown was written: its author's wall clock, milliseconds since the epoch. */
  readonly timeMs: number;
}

/** Questions by name. What they return must be a value, or `undefined`; the caller gets a copy. */
export type Queries<State> = Record<string, (state: State, args: never) => unknown>;

export interface ProjectionDefinition<State, Asked extends Queries<State> = Queries<State>> {
  /** 1 to 128 characters of `a-z A-Z 0-9 . _ -`; unique in a node. */
  readonly name: string;
  /** Whole number from 1. Raised when the code means something else: the state is made anew. */
  readonly version: number;
  /** Where folding begins; each time a state of its own. */
  readonly initial: () => State;
  /**
   * The state behind one event: another one, or the same object after changing it. What returns
   * nothing leaves the object in place, changed or not.
   */
  readonly apply: (state: State, event: ProjectionEvent) => State | void;
  readonly queries?: Asked & Queries<State>;
  /** Only keys that begin so are given; the others cost nothing. */
  readonly prefix?: string;
  /** Keys beginning with `$` are given too. */
  readonly system?: boolean;
  /**
   * The state depends on how entries came to be, not on what they are: nothing of the log is let
   * go, and it is made from commit 1 or not at all.
   */
  readonly needsHistory?: boolean;
  /** The state as a value, for checkpoints; by default the state is one. */
  readonly encode?: (state: State) => Value;
  readonly decode?: (value: Value) => State;
}

/** A projection whose types no longer matter: what a host holds. */
export interface AnyProjection {
  readonly name: string;
  readonly version: number;
  readonly initial: () => unknown;
  readonly apply: (state: never, event: ProjectionEvent) => unknown;
  readonly queries?: Readonly<Record<string, (state: never, args: never) => unknown>>;
  readonly prefix?: string;
  readonly system?: boolean;
  readonly needsHistory?: boolean;
  readonly encode?: (state: never) => Value;
  readonly decode?: (value: Value) => unknown;
  /** Made by us, a function of the entries alone: any checkpoint's entries make it. */
  readonly ofEntries?: true;
}

const FUNCTIONS = ['initial', 'apply'] as const;
const MAYBE_FUNCTIONS = ['encode', 'decode'] as const;
const FLAGS = ['system', 'needsHistory'] as const;
const NAME = /^[A-Za-z0-9._-]{1,128}$/;

/** Checks a definition and gives it back, with its types inferred. Throws `invalid_options`. */
export function defineProjection<State, Asked extends Queries<State>>(
  definition: ProjectionDefinition<State, Asked>,
): ProjectionDefinition<State, Asked> {
  checkProjection(definition);
  return definition;
}

/** Throws `invalid_options` for what is no whole projection. */
export function checkProjection(definition: unknown): void {
  if (typeof definition !== 'object' || definition === null) {
    throw invalid('a projection is an object: what defineProjection returns');
  }
  const fields = definition as Readonly<Record<string, unknown>>;
  const { name, version, queries, prefix } = fields;
  if (typeof name !== 'string' || !NAME.test(name)) {
    throw invalid('a projection needs a name of 1 to 128 letters, digits, dots, dashes');
  }
  if (!Number.isSafeInteger(version) || (version as number) < 1) {
    throw invalid(`projection ${name} needs a version, a whole number from 1`);
  }
  for (const part of FUNCTIONS) {
    if (typeof fields[part] !== 'function') throw invalid(`projection ${name} needs ${part}()`);
  }
  for (const part of MAYBE_FUNCTIONS) check(name, fields, part, 'function');
  for (const part of FLAGS) check(name, fields, part, 'boolean');
  if ((fields['encode'] === undefined) !== (fields['decode'] === undefined)) {
    throw invalid(`projection ${name} has one of encode and decode: it needs both or neither`);
  }
  if (prefix !== undefined && typeof prefix !== 'string') {
    throw invalid(`the prefix of projection ${name} is not a text`);
  }
  checkQueries(name, queries);
}

function check(
  name: string,
  fields: Readonly<Record<string, unknown>>,
  part: string,
  type: 'function' | 'boolean',
): void {
  if (fields[part] === undefined || typeof fields[part] === type) return;
  throw invalid(`${part} of projection ${name} is not a ${type}`);
}

function checkQueries(name: string, queries: unknown): void {
  if (queries === undefined) return;
  if (typeof queries !== 'object' || queries === null) {
    throw invalid(`queries of projection ${name} is an object of functions`);
  }
  for (const [query, fn] of Object.entries(queries)) {
    if (typeof fn === 'function') continue;
    throw invalid(`query ${query} of projection ${name} is not a function`);
  }
}

function invalid(message: string): AdastraError {
  return new AdastraError('invalid_options', message, { details: { option: 'projections' } });
}
