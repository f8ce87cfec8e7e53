/**
 * Everybody who can see commits of one node, asked at once: reads of L1, a projection, a listener of
 * the change feed, the stream, the log read again, the outbox as a peer gets it. Each must show the
 * same whole commits, in the same order, and the state that they make.
 */
import {
  BundleReader,
  type ChangedKey,
  type Commit,
  decodeValue,
  EVENT_PUT,
  isReservedKey,
  type Value,
  Vector,
} from '../../src/core/index.ts';
import { CommitBlock } from '../../src/daemon/streaming/commit-block.ts';
import { CommitFilter } from '../../src/daemon/streaming/commit-filter.ts';
import type { Engine } from '../../src/engine/index.ts';
import { readOutbox } from '../../src/engine/peering/outbox-reader.ts';
import { type AnyProjection, defineProjection } from '../../src/projections/index.ts';
import { recordOfJson } from '../../src/remote/record-json.ts';
import { signHead } from '../../src/store/transactions/index.ts';
import { inventoryFaults } from '../support/inventory.ts';
import { effectsText, stateText } from '../support/value-text.ts';
import type { Effect } from './model.ts';

type Effects = readonly Effect[];

const EVERYTHING = new CommitFilter({}, { role: 'admin', prefixes: undefined });

interface Journal {
  readonly commits: Map<number, [string, Value | undefined][]>;
  readonly entries: Map<string, Value>;
}

/** Folds whole commits and the state: what a projection is shown of both. */
export const JOURNAL: AnyProjection = defineProjection<Journal, Record<string, never>>({
  name: 'journal',
  version: 1,
  initial: () => ({ commits: new Map(), entries: new Map() }),
  needsHistory: true,
  apply: ({ commits, entries }, { key, value, seq }) => {
    const events = commits.get(seq) ?? [];
    events.push([key, value]);
    commits.set(seq, events);
    if (value === undefined) entries.delete(key);
    else entries.set(key, value);
  },
  queries: {
    commits: ({ commits }: Journal) => textOf([...commits.values()]),
    entries: ({ entries }: Journal) => stateText(entries),
  } as never,
  encode: ({ commits, entries }) => ({
    commits: [...commits].map(([seq, events]) => [
      seq,
      events.map(([key, value]) => (value === undefined ? [key] : [key, value])),
    ]),
    entries: [...entries] as unknown as Value,
  }),
  decode: (value) => {
    const { commits, entries } = value as unknown as {
      commits: [number, [string, Value | undefined][]][];
      entries: [string, Value][];
    };
    return { commits: new Map(commits), entries: new Map(entries) };
  },
}) as AnyProjection;

/** What was seen where it ought not to be so. */
export type Fault = string;

export class Witness {
  readonly engine: Engine;
  readonly #heard: Effects[] = [];
  readonly #before: number;
  readonly #streamed: Effects[] = [];
  #streamedSeq: number;
  readonly #ends: readonly (() => void)[];

  /** `committed`: how many commits the node holds already, which a listener does not hear. */
  constructor(engine: Engine, committed: number) {
    this.engine = engine;
    this.#before = committed;
    this.#streamedSeq = engine.durable.seq;
    this.#ends = [
      engine.feed.listen(({ changes }) => {
        const effects = effectsOf(changes);
        if (effects.length > 0) this.#heard.push(effects);
      }),
      engine.durable.listen(() => this.#stream()),
    ];
  }

  end(): void {
    for (const end of this.#ends) end();
  }

  /** There is more: what a live stream sends, the bytes that every subscriber gets. */
  #stream(): void {
    const { durable } = this.engine;
    const from = this.#streamedSeq + 1;
    const block = CommitBlock.gather(durable.read(from), from, durable.seq);
    this.#streamedSeq = block.lastSeq;
    this.#streamed.push(...ofEvents(block.eventsBehind(from - 1, EVERYTHING).toString()));
  }

  /** What readers see at this very moment, without waiting for anything. */
  glance(state: ReadonlyMap<string, Value>): Fault[] {
    const { engine } = this;
    const seen = stateText(engine.reads.list());
    const found: Fault[] = [];
    if (seen !== stateText(state)) found.push(`L1 shows ${seen}, not ${stateText(state)}`);
    const counted = engine.reads.count();
    if (counted !== state.size) found.push(`L1 counts ${counted} entries, not ${state.size}`);
    const folded = engine.parts.replica.projections.query('journal', 'entries').value;
    if (folded !== stateText(state)) found.push(`the projection holds ${String(folded)}`);
    return [...found, ...inventoryFaults(engine.reads.list())];
  }

  /** Everything that anybody sees, once all that was soon has run. */
  async look(commits: readonly Effects[], state: ReadonlyMap<string, Value>): Promise<Fault[]> {
    await turn();
    const { engine } = this;
    const found = this.glance(state);
    const check = (who: string, seen: string, wanted: string = textOf(commits)): void => {
      if (seen !== wanted) found.push(`${who} shows ${seen}, not ${wanted}`);
    };
    check('the change feed', textOf(this.#heard), textOf(commits.slice(this.#before)));
    check('the stream', textOf(this.#streamed), textOf(commits.slice(this.#before)));
    check('the log', textOf(await logOf(engine)));
    check('the outbox', textOf(outboxOf(engine)));
    const { value } = engine.parts.replica.projections.query('journal', 'commits');
    check('the projection', String(value));
    return found;
  }
}

/** Events of a stream as its readers get them. */
function* ofEvents(events: string): Generator<Effects> {
  for (const line of events.split('\n')) {
    if (!line.startsWith('data: ')) continue;
    const effects = ofCommit(recordOfJson(JSON.parse(line.slice(6))) as unknown as Commit);
    if (effects.length > 0) yield effects;
  }
}

async function logOf(engine: Engine): Promise<Effects[]> {
  const seen: Effects[] = [];
  for await (const commit of engine.changes({ from: 1, live: false })) seen.push(ofCommit(commit));
  return seen.filter((effects) => effects.length > 0);
}

function ofCommit({ events, void: reason }: Commit): Effects {
  return reason === undefined ? effectsOf(events) : [[`void: ${reason}`, null]];
}

/** What a peer that has nothing would be sent: never more than is durable. */
function outboxOf(engine: Engine): Effects[] {
  const { log, identity, env } = engine.parts;
  const { fingerprint } = identity;
  const { worldId } = log;
  const sign = (origin: string, originSeq: number, digest: Uint8Array) =>
    signHead(env.crypto, identity, worldId, { origin, originSeq, digest });
  const seen: Effects[] = [];
  for (let seq = 1; seq <= log.durableSeq; ) {
    const { bundles, lastSeq } = readOutbox({ log, fingerprint, sign }, seq, {
      toSeq: log.durableSeq,
      vector: new Vector(),
      skips: () => false,
      bytesMax: 64 * 1024,
      largestMax: Number.POSITIVE_INFINITY,
    });
    for (const bundle of bundles) seen.push(...ofBundle(bundle));
    seq = lastSeq + 1;
  }
  return seen.filter((effects) => effects.length > 0);
}

function* ofBundle(bundle: Uint8Array): Generator<Effects> {
  const reader = new BundleReader();
  reader.open(bundle, 0, bundle.length);
  while (reader.nextCommit()) {
    const changes: ChangedKey[] = [];
    while (reader.nextEvent()) {
      const { source, valueHead, valueStart, valueEnd, eventKind } = reader;
      const key = reader.key();
      if (eventKind !== EVENT_PUT) changes.push({ key, kind: 'remove', value: undefined });
      else {
        const value = decodeValue(valueHead, source, valueStart, valueEnd, false);
        changes.push({ key, kind: 'put', value });
      }
    }
    yield effectsOf(changes);
  }
}

function effectsOf(changes: readonly ChangedKey[]): Effects {
  return changes
    .filter(({ key }) => !isReservedKey(key))
    .map(({ key, value }) => [key, value] as const);
}

/** Commits as one comparable text. */
function textOf(commits: readonly Effects[]): string {
  return commits.map(effectsText).join('\n');
}

/** Everything that was soon has run: listeners are called behind the commit's turn. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
