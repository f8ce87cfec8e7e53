/**
 * Is a history that was recorded linearizable? The log itself is the witness of the order, so nothing
 * is searched: every commit has its place by its seq, every read gets the first place that shows
 * what it returned. Then (a) what ended before something else began has an earlier place, (b) the
 * log, run again from its beginning by a model, gives the very effects and answers, (c) reads of a
 * session never go back. Unknown commits are found in the log by their commandId, or never were.
 */
import type { AnyOperation } from '../../src/store/operations/index.ts';
import { Model } from '../atomicity/model.ts';
import { effectsText, valueText } from '../support/value-text.ts';
import type {
  CommitOperation,
  Logged,
  Operation,
  ReadOperation,
  ScanOperation,
} from './history.ts';
import { entriesText, Versions } from './versions.ts';

export interface Recorded {
  readonly operations: readonly Operation[];
  /** Every commit of the log, in order. */
  readonly log: readonly Logged[];
  /** What the calls mean. */
  readonly model: readonly AnyOperation[];
  /** The daemon whose reads are linearizable; others may lag, as far as they say so. */
  readonly writer: string;
}

/** How late news may come to a connected follower on a busy machine, without being a lie. */
const NEWS_MS = 3_000;

/** Everything that is wrong with it. */
export function checkHistory(recorded: Recorded): string[] {
  return new Check(recorded).run();
}

type Read = ReadOperation | ScanOperation;

/** A refusal that has to be explained by a state between two places. */
interface Open {
  readonly operation: CommitOperation;
  readonly index: number | undefined;
  readonly floor: number;
  readonly ceiling: number;
}

class Check {
  readonly #recorded: Recorded;
  readonly #versions: Versions;
  readonly #byCommand = new Map<string, Logged>();
  readonly #found: string[] = [];
  readonly #refusals: Open[] = [];
  readonly #ceilings: Ceilings;

  constructor(recorded: Recorded) {
    this.#recorded = recorded;
    this.#versions = new Versions(recorded.log);
    for (const commit of recorded.log) this.#noteCommand(commit);
    const headSeq = recorded.log.at(-1)?.seq ?? 0;
    this.#ceilings = new Ceilings(headSeq, [...this.#placedCommits()]);
  }

  run(): string[] {
    this.#checkAnswers();
    this.#checkOrder();
    this.#checkEffects();
    return this.#found;
  }

  #say(text: string): void {
    this.#found.push(text);
  }

  #noteCommand({ commandId, seq }: Logged): void {
    if (commandId === undefined) return;
    const first = this.#byCommand.get(commandId);
    if (first !== undefined) this.#say(`command ${commandId} is at ${first.seq} and at ${seq}`);
    else this.#byCommand.set(commandId, { commandId, seq, effects: [] });
  }

  *#placedCommits(): Generator<{ began: number; seq: number }> {
    for (const operation of this.#recorded.operations) {
      if (operation.kind !== 'commit') continue;
      const seq = this.#byCommand.get(operation.commandId)?.seq;
      if (seq !== undefined) yield { began: operation.began, seq };
    }
  }

  /** Each commit is in the log where its receipt says; what was refused is nowhere. */
  #checkAnswers(): void {
    for (const operation of this.#recorded.operations) {
      if (operation.kind !== 'commit') continue;
      const { commandId, outcome } = operation;
      const seq = this.#byCommand.get(commandId)?.seq;
      if (outcome.kind === 'committed' && seq === undefined) {
        this.#say(`the acknowledged commit ${commandId} at ${outcome.seq} is lost`);
      } else if (outcome.kind === 'committed' && seq !== outcome.seq) {
        this.#say(`${commandId} was answered seq ${outcome.seq}, the log has it at ${seq}`);
      } else if (outcome.kind !== 'committed' && outcome.kind !== 'unknown' && seq !== undefined) {
        this.#say(`${commandId} was answered "${outcome.kind}" and is at ${seq}`);
      }
    }
  }

  /**
   * (a) and (c), by one sweep over the beginnings: the floor is the latest place of all that had
   * ended. What began after an operation ended bounds it from above.
   */
  #checkOrder(): void {
    const { operations, writer } = this.#recorded;
    const ended = new Endings();
    const readers = new Map<string, Endings>();
    const acknowledged = new Acknowledged(operations);
    for (const operation of [...operations].sort((a, b) => a.began - b.began)) {
      if (operation.kind === 'commit') {
        const place = this.#placeCommit(operation, ended.floorAt(operation.began));
        ended.note(operation.ended, place);
        continue;
      }
      this.#checkClaim(operation, acknowledged);
      const isWriter = operation.daemon === writer;
      // What a follower answers to one client never goes back, as long as it runs.
      const session = `${operation.client} ${operation.daemon} ${operation.run}`;
      const own = isWriter ? ended : (readers.get(session) ?? new Endings());
      if (!isWriter) readers.set(session, own);
      own.note(operation.ended, this.#placeRead(operation, own.floorAt(operation.began)));
    }
  }

  #placeCommit(operation: CommitOperation, floor: number): number {
    const { commandId, outcome, ended } = operation;
    const seq = this.#byCommand.get(commandId)?.seq;
    if (seq !== undefined) {
      if (seq <= floor) this.#say(`${commandId} has seq ${seq}; ${floor} was seen before it began`);
      return seq;
    }
    const ceiling = this.#ceilings.at(ended);
    if (outcome.kind === 'unchanged') return outcome.seq;
    if (outcome.kind === 'refused' && outcome.code === 'operation_failed') {
      this.#refusals.push({ operation, index: outcome.operationIndex, floor, ceiling });
    }
    return floor;
  }

  /** The first place that shows what was read, at or above what was claimed and wanted. */
  #placeRead(operation: Read, floor: number): number {
    const { client, daemon, claim, wanted = 0 } = operation;
    const ceiling = this.#ceilings.at(operation.ended);
    const shown = shownBy(operation);
    const from = Math.max(floor, claim.seq, wanted);
    for (const seq of this.#versions.places(operation, from, ceiling)) {
      if (this.#textAt(operation, seq) === shown) return seq;
    }
    const what = operation.kind === 'read' ? operation.key : `${operation.prefix}*`;
    this.#say(
      `${client} read ${what} of ${daemon} as ${shown}: nowhere from ${from} (claimed ` +
        `${claim.seq}) to ${ceiling}; at ${from} it is ${this.#textAt(operation, from)}`,
    );
    return from;
  }

  #textAt(operation: Read, seq: number): string {
    return operation.kind === 'read'
      ? valueText(this.#versions.at(operation.key, seq))
      : this.#versions.scanText(operation.prefix, seq);
  }

  /** What is said of freshness adds up, and nothing acknowledged is missing for longer than said. */
  #checkClaim(operation: Read, acknowledged: Acknowledged): void {
    const { client, daemon, claim, wanted, beganMs } = operation;
    const { seq, logSeq, lagCommits, lagMs } = claim;
    const who = `${daemon} (asked by ${client})`;
    if (logSeq < seq || lagCommits !== logSeq - seq) {
      this.#say(`${who} claims seq ${seq}, log ${logSeq} and a lag of ${lagCommits} commits`);
    }
    const ceiling = this.#ceilings.at(operation.ended);
    if (logSeq > ceiling) this.#say(`${who} claims log ${logSeq}; there was ${ceiling} at most`);
    if (wanted !== undefined && seq < wanted) {
      this.#say(`${who} was to show ${wanted} and shows ${seq}`);
    }
    const missingMs = acknowledged.missingSince(seq, beganMs);
    if (missingMs !== undefined && beganMs - missingMs > lagMs + NEWS_MS) {
      const late = Math.round(beganMs - missingMs);
      this.#say(`${who} claims a lag of ${lagMs} ms at seq ${seq}; ${late} ms of news are missing`);
    }
  }

  /** (b): each commit, run by the model over the state before it, does what the log says. */
  #checkEffects(): void {
    const callsAt = new Map<number, CommitOperation['calls']>();
    for (const operation of this.#recorded.operations) {
      if (operation.kind !== 'commit') continue;
      const seq = this.#byCommand.get(operation.commandId)?.seq;
      if (seq !== undefined) callsAt.set(seq, operation.calls);
    }
    const model = new Model(this.#recorded.model);
    let open = [...this.#refusals];
    let before = 0;
    for (const { seq, effects } of this.#recorded.log) {
      open = this.#explain(open, model, { from: before, to: seq - 1 });
      before = seq;
      const calls = callsAt.get(seq);
      if (calls !== undefined) {
        const attempt = model.attempt(calls);
        const wanted = 'effects' in attempt ? effectsText(attempt.effects) : 'refused';
        if (wanted !== effectsText(effects)) {
          this.#say(`commit ${seq} did ${effectsText(effects)}; run alone it is ${wanted}`);
        }
      }
      model.apply(effects);
    }
    open = this.#explain(open, model, { from: before, to: Number.POSITIVE_INFINITY });
    for (const { operation, floor, ceiling } of open) {
      this.#say(
        `${operation.commandId} was refused; nowhere from ${floor} to ${ceiling} it must be`,
      );
    }
  }

  /** Refusals that the state which stands at these seqs does not explain. */
  #explain(
    open: readonly Open[],
    model: Model,
    { from, to }: { readonly from: number; readonly to: number },
  ): Open[] {
    return open.filter(({ operation, index, floor, ceiling }) => {
      if (floor > to || ceiling < from) return true;
      const attempt = model.attempt(operation.calls);
      return !('refusal' in attempt) || attempt.refusal.at !== index;
    });
  }
}

function shownBy(operation: Read): string {
  return operation.kind === 'read' ? valueText(operation.value) : entriesText(operation.entries);
}

/** The latest place of everything that ended before a moment; asked in the order of moments. */
class Endings {
  #waiting: { readonly ended: number; readonly place: number }[] = [];
  #floor = 0;

  note(ended: number, place: number): void {
    if (ended === Number.POSITIVE_INFINITY) return;
    this.#waiting.push({ ended, place });
  }

  floorAt(began: number): number {
    // What waits is what is under way at once: a handful.
    this.#waiting = this.#waiting.filter(({ ended, place }) => {
      if (ended > began) return true;
      this.#floor = Math.max(this.#floor, place);
      return false;
    });
    return this.#floor;
  }
}

/** The last place that something may have which had ended at a moment. */
class Ceilings {
  readonly #headSeq: number;
  readonly #began: number[];
  /** The least seq of the commits from this one on. */
  readonly #least: number[];

  constructor(headSeq: number, commits: { began: number; seq: number }[]) {
    this.#headSeq = headSeq;
    commits.sort((a, b) => a.began - b.began);
    this.#began = commits.map(({ began }) => began);
    this.#least = commits.map(({ seq }) => seq);
    for (let at = commits.length - 2; at >= 0; at--) {
      this.#least[at] = Math.min(this.#least[at] as number, this.#least[at + 1] as number);
    }
  }

  at(ended: number): number {
    const least = this.#least[firstAbove(this.#began, ended)];
    return least === undefined ? this.#headSeq : least - 1;
  }
}

/** When commits were acknowledged, by seq. */
class Acknowledged {
  readonly #seqs: number[];
  /** The earliest acknowledgement of this seq or a later one. */
  readonly #earliestMs: number[];

  constructor(operations: readonly Operation[]) {
    const known = operations.flatMap((operation) =>
      operation.kind === 'commit' && operation.outcome.kind === 'committed'
        ? [{ seq: operation.outcome.seq, ms: operation.endedMs }]
        : [],
    );
    known.sort((a, b) => a.seq - b.seq);
    this.#seqs = known.map(({ seq }) => seq);
    this.#earliestMs = known.map(({ ms }) => ms);
    for (let at = known.length - 2; at >= 0; at--) {
      const [here, next] = [this.#earliestMs[at] as number, this.#earliestMs[at + 1] as number];
      this.#earliestMs[at] = Math.min(here, next);
    }
  }

  /** Since when something behind `seq` was acknowledged, if it was before `beforeMs`. */
  missingSince(seq: number, beforeMs: number): number | undefined {
    const ms = this.#earliestMs[firstAbove(this.#seqs, seq)];
    return ms !== undefined && ms < beforeMs ? ms : undefined;
  }
}

/** Index of the first number of a sorted list that is above `bound`. */
function firstAbove(sorted: readonly number[], bound: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as number) > bound) high = middle;
    else low = middle + 1;
  }
  return low;
}
