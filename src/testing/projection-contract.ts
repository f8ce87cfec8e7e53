/**
 * The contract of a projection: what every node relies on, tried on writes that you give. It finds
 * a clock or randomness in `apply` or in a query, a state that a checkpoint does not bring back as
 * it was, states that share something, queries that change what they look at, and a projection that
 * needs the history of entries and does not say so.
 */
import { ByteWriter, compareKeys, DEFAULT_LIMITS, encodeValue, hexOf } from '../core/index.ts';
import type { Value } from '../core/index.ts';
import type { AnyProjection, ProjectionEvent } from '../projections/index.ts';
import { check, checkEqual, type ContractCase } from './contract-case.ts';
import { trapped } from './determinism-trap.ts';

/** One write: a key and its value, or `undefined` for a remove. */
export type ProjectionSample = readonly [key: string, value: Value | undefined];

/** A question to ask of the states that come. */
export interface ProjectionQuestion {
  readonly query: string;
  readonly args?: unknown;
}

/** What a case works with. */
interface Tried {
  readonly projection: AnyProjection;
  readonly events: readonly ProjectionEvent[];
  readonly questions: readonly ProjectionQuestion[];
}

type Case = readonly [name: string, run: (tried: Tried) => void];

const START_MS = Date.UTC(2026, 0, 1);

const CASES: readonly Case[] = [
  ['folds every write', foldsAll],
  ['the same writes twice, the same state', foldsAlike],
  ['every state begins anew', beginsAnew],
  ['no clock and no randomness', usesNoChance],
  ['a checkpoint brings every state back', comesBack],
  ['questions are answered alike, by values, and change nothing', answersAlike],
];

/**
 * The cases, for writes as your application makes them: several of one key and removes among them,
 * and at least one that the projection is given.
 */
export function projectionContract(
  projection: AnyProjection,
  samples: readonly ProjectionSample[],
  questions: readonly ProjectionQuestion[] = [],
): ContractCase[] {
  const events = samples.map(eventOf).filter(({ key }) => key.startsWith(projection.prefix ?? ''));
  const tried = { projection, events, questions };
  const cases = [...CASES];
  // What needs history says so; all others are made of entries where the log was let go.
  if (projection.needsHistory !== true) cases.push(['entries alone make it', needsNoHistory]);
  return cases.map(([name, run]) => ({
    name,
    run: async () => {
      check(events.length > 0, 'give samples with keys that the projection is given');
      run(tried);
    },
  }));
}

function eventOf([key, value]: ProjectionSample, index: number): ProjectionEvent {
  const at = { seq: index + 1, timeMs: START_MS + index * 1000 };
  if (value === undefined) return { key, kind: 'remove', value, ...at };
  return { key, kind: 'put', value, ...at };
}

function foldsAll(tried: Tried): void {
  textOf(tried, fold(tried));
}

function foldsAlike(tried: Tried): void {
  const expected = textOf(tried, fold(tried));
  for (let round = 0; round < 3; round++) {
    checkEqual(textOf(tried, fold(tried)), expected, 'the state of the same writes');
  }
}

/** One that stands aside while another is folded stays as it is. */
function beginsAnew(tried: Tried): void {
  const { projection, events } = tried;
  const aside = projection.initial();
  const before = textOf(tried, aside);
  let state = projection.initial();
  for (const event of events) {
    state = step(tried, state, event);
    checkEqual(textOf(tried, aside), before, 'a state beside the one that is folded');
  }
}

function usesNoChance(tried: Tried): void {
  const used = trapped(() => {
    const state = fold(tried);
    ask(tried, state);
    keep(tried, state);
  });
  check(used.length === 0, `nothing but state and event, and it uses ${used.join(', ')}`);
}

/** Kept and taken back behind each event, as if the node had been closed and opened there. */
function comesBack(tried: Tried): void {
  const { projection, events } = tried;
  if (projection.ofEntries === true) return;
  let state = projection.initial();
  for (const event of events) {
    state = takeBack(tried, keep(tried, step(tried, state, event)));
  }
  checkEqual(textOf(tried, state), textOf(tried, fold(tried)), 'the state behind checkpoints');
}

function answersAlike(tried: Tried): void {
  const state = fold(tried);
  const expected = textOf(tried, state);
  const answers = ask(tried, state);
  checkEqual(ask(tried, state), answers, 'the answers when asked again');
  checkEqual(textOf(tried, state), expected, 'the state behind the questions');
}

function needsNoHistory(tried: Tried): void {
  const entries = new Map<string, ProjectionEvent>();
  for (const event of tried.events) {
    if (event.kind === 'put') entries.set(event.key, event);
    else entries.delete(event.key);
  }
  const events = [...entries.values()].sort((left, right) => compareKeys(left.key, right.key));
  const made = textOf(tried, fold({ ...tried, events }));
  checkEqual(made, textOf(tried, fold(tried)), 'the state of the entries (needsHistory?)');
}

function fold({ projection, events }: Tried): unknown {
  let state = projection.initial();
  for (const event of events) state = step({ projection }, state, event);
  return state;
}

/** The event is the projection's own: what it does to it must not reach another. */
function step(
  { projection }: Pick<Tried, 'projection'>,
  state: unknown,
  event: ProjectionEvent,
): unknown {
  const next = projection.apply(state as never, structuredClone(event));
  return next === undefined ? state : next;
}

function keep({ projection: { encode } }: Tried, state: unknown): Value {
  return encode === undefined ? (state as Value) : encode(state as never);
}

function takeBack({ projection: { decode } }: Tried, kept: Value): unknown {
  const copy = structuredClone(kept);
  return decode === undefined ? copy : decode(copy);
}

function ask({ projection, questions }: Tried, state: unknown): string[] {
  return questions.map(({ query, args }) => {
    const asked = projection.queries?.[query];
    check(asked !== undefined, `the projection has a query ${query}`);
    return bytesOf(asked(state as never, args as never));
  });
}

/** All that tells one state from another. */
function textOf(tried: Tried, state: unknown): string {
  const { projection } = tried;
  const isKept = projection.ofEntries !== true;
  return [...(isKept ? [bytesOf(keep(tried, state))] : []), ...ask(tried, state)].join(' ');
}

/** Throws what is no value. */
function bytesOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  const writer = new ByteWriter(256);
  const { depthMax, projectionBytesMax: valueBytesMax } = DEFAULT_LIMITS;
  return `${encodeValue(writer, value, { valueBytesMax, depthMax })}:${hexOf(writer.toBytes())}`;
}
