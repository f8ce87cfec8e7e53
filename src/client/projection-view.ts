/**
 * A projection as the SDK gives it: synchronous questions about the state that reads show, and live
 * ones. What comes back is the caller's own.
 */
import type { Value } from '../core/index.ts';
import {
  type Answer,
  type Engine,
  type ProjectionHost,
  type Queries,
  sameAnswer,
  valueOfAnswer,
} from '../engine/index.ts';
import { SharedListeners } from './shared-listeners.ts';
import type { Observed } from './watch.ts';

/** What a query takes behind the state: nothing, or one argument. */
type ArgumentsOf<Query> = Query extends (state: never, ...rest: infer Rest) => unknown
  ? Rest
  : never;

/** Where nothing is known of the types. */
export type AnyQuery = (state: never, args?: Value) => Value | undefined;

/** A question that can be watched. */
export interface QueryOf {
  readonly projection: string;
  readonly query: string;
  readonly args?: Value | undefined;
}

export class ProjectionView<Asked extends Queries<never>> {
  readonly name: string;
  readonly #engine: () => Engine;

  constructor(engine: () => Engine, name: string) {
    this.#engine = engine;
    this.name = name;
    this.#host.touchedSeq(name);
  }

  /** Seq of the commit that answers show now. */
  get seq(): number {
    return this.#host.seq;
  }

  /** The answer; throws `projection_unknown` (no such query), `projection_failed`. */
  query<Name extends keyof Asked & string>(
    name: Name,
    ...args: ArgumentsOf<Asked[Name]>
  ): ReturnType<Asked[Name]> {
    return this.#host.query(this.name, name, args[0]).value as ReturnType<Asked[Name]>;
  }

  /**
   * The answer as it changes: looked at once per commit that touches the projection, and told only
   * where it is another one.
   */
  observe<Name extends keyof Asked & string>(
    name: Name,
    ...args: ArgumentsOf<Asked[Name]>
  ): Observed<ReturnType<Asked[Name]>> {
    const query = { projection: this.name, query: name, args: args[0] as Value | undefined };
    return observeQuery(this.#engine(), query) as Observed<ReturnType<Asked[Name]>>;
  }

  get #host(): ProjectionHost {
    return hostOf(this.#engine());
  }
}

/** That of now: a snapshot of another node may replace it. */
function hostOf(engine: Engine): ProjectionHost {
  return engine.parts.replica.projections;
}

/** An answer, what it was made from, and the value that it keeps while it stays the same. */
interface Seen {
  readonly host: ProjectionHost;
  readonly seq: number;
  readonly answer: Answer;
  readonly value: Value | undefined;
}

/** Throws `projection_unknown`, `projection_failed`, as `getSnapshot` does later. */
export function observeQuery(
  engine: Engine,
  { projection, query, args }: QueryOf,
): Observed<Value | undefined> {
  let seen: Seen | undefined;
  /** The present answer; the one before where it is the same. */
  const look = (): Seen => {
    const host = hostOf(engine);
    if (seen?.host === host) {
      if (seen.seq === host.seq) return seen;
      if (host.touchedSeq(projection) <= seen.seq) return { ...seen, seq: host.seq };
    }
    const answer = host.answer(projection, query, args);
    if (seen !== undefined && sameAnswer(seen.answer, answer)) {
      return { ...seen, host, seq: host.seq };
    }
    return { host, seq: host.seq, answer, value: valueOfAnswer(answer) };
  };
  /** What listeners know of; `undefined` where it was an error. */
  let told: Answer | undefined;
  const refresh = (): Answer | undefined => {
    try {
      seen = look();
    } catch {
      // Whoever asks next is told why.
      seen = undefined;
    }
    return seen?.answer;
  };
  const listeners = new SharedListeners(engine, (tell) =>
    engine.feed.listen(() => {
      const before = told;
      told = refresh();
      if (told !== before) tell();
    }),
  );
  seen = look();
  return {
    getSnapshot: () => {
      seen = look();
      return seen.value;
    },
    subscribe: (listener) => {
      if (listeners.isEmpty) told = refresh();
      return listeners.add(listener);
    },
  };
}
