/**
 * One reader of commits: an answer of server-sent events without end. It is written to only while
 * its connection takes what it gets, so that what is buffered for it is one block at most; then it
 * goes on from the kept blocks, or from the log where it is further behind. A connection that takes
 * nothing for `stallMs` is cut off.
 */
import type { ServerResponse } from 'node:http';
import { AdastraError } from '../../core/index.ts';
import type { DurableEvent, Freshness, LogPlace } from '../../engine/index.ts';
import { knownError } from '../problem.ts';
import type { CommitFilter } from './commit-filter.ts';
import { commitText, END_TEXT, errorText, freshText } from './event-text.ts';
import type { HubReader, StreamHub } from './stream-hub.ts';

/** One piece of the log: so much text, or so many commits looked at. */
const PIECE_CHARACTERS = 64 * 1024;
const PIECE_COMMITS = 256;

export interface EventStreamOptions {
  readonly filter: CommitFilter;
  /** It has seen everything up to this commit, which may come later. */
  readonly position: number;
  /** Where that stands in the log, if it is there. */
  readonly place: LogPlace | undefined;
  /** How long it may take nothing. */
  readonly stallMs: number;
  /** How long it may be told nothing. */
  readonly heartbeatMs: number;
  /** Told of what is a fault of ours. */
  readonly onFault: (error: AdastraError) => void;
}

export class EventStream implements HubReader {
  readonly #hub: StreamHub;
  readonly #response: ServerResponse;
  readonly #options: EventStreamOptions;
  readonly #leave: () => void;
  #position: number;
  #wroteMs = performance.now();
  #isEnded = false;

  /** The head of the answer is written; `freshness` is what it begins with. */
  constructor(
    hub: StreamHub,
    response: ServerResponse,
    options: EventStreamOptions & { readonly freshness: Freshness },
  ) {
    this.#hub = hub;
    this.#response = response;
    this.#options = options;
    this.#position = options.position;
    response.on('drain', this.#onDrain);
    response.once('close', () => this.#close());
    this.#leave = hub.join(this);
    this.#write(freshText(options.freshness, options.place));
    this.pump();
  }

  pump(): void {
    while (!this.#isWaiting && this.#position < this.#hub.seq) {
      const block = this.#hub.blockBehind(this.#position);
      if (block === undefined) {
        this.#hub.turns.add(this.#readPiece);
        return;
      }
      const events = block.eventsBehind(this.#position, this.#options.filter);
      this.#position = block.lastSeq;
      if (events.length > 0) this.#write(events);
    }
  }

  isRestDue(nowMs: number): boolean {
    const { heartbeatMs, stallMs } = this.#options;
    const restMs = nowMs - this.#wroteMs;
    return restMs >= (this.#response.writableNeedDrain ? stallMs : heartbeatMs);
  }

  rest(nowMs: number, freshness: Freshness): void {
    if (this.#isEnded || !this.isRestDue(nowMs)) return;
    if (this.#response.writableNeedDrain) this.#response.destroy();
    else {
      const { seq, place } = this.#hub;
      this.#write(freshText(freshness, this.#position === seq ? place : undefined));
    }
  }

  finish(event: Exclude<DurableEvent, 'more'>): void {
    if (event === 'closed') this.end();
    else this.#fail(wasReplaced());
  }

  /** The server stops. */
  end(): void {
    this.#end(END_TEXT);
  }

  get #isWaiting(): boolean {
    return this.#isEnded || this.#response.writableNeedDrain;
  }

  /** From the log itself: a piece now, and the rest when others had their turn. */
  readonly #readPiece = (): void => {
    if (this.#isWaiting) return;
    let text = '';
    let looked = 0;
    try {
      for (const { commit, place } of this.#hub.commits.read(this.#position + 1)) {
        const shown = this.#options.filter.show(commit);
        if (shown !== undefined) text += commitText(shown, place);
        this.#position = place.seq;
        if (++looked >= PIECE_COMMITS || text.length >= PIECE_CHARACTERS) break;
      }
      if (looked === 0) this.#position = Math.max(this.#position, this.#hub.commits.seq);
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (text !== '') this.#write(text);
    this.pump();
  };

  #write(data: Buffer | string): void {
    this.#wroteMs = performance.now();
    this.#response.write(data);
  }

  readonly #onDrain = (): void => {
    this.#wroteMs = performance.now();
    this.pump();
  };

  #fail(thrown: unknown): void {
    const { error, isFault } = knownError(thrown);
    if (isFault) this.#options.onFault(error);
    this.#end(errorText(error));
  }

  #end(text: string): void {
    if (this.#isEnded) return;
    this.#close();
    // Who takes nothing now would not take the end either.
    if (this.#response.writableNeedDrain) this.#response.destroy();
    else this.#response.end(text);
  }

  #close(): void {
    this.#isEnded = true;
    this.#hub.turns.remove(this.#readPiece);
    this.#response.off('drain', this.#onDrain);
    this.#leave();
  }
}

function wasReplaced(): AdastraError {
  return new AdastraError('reset', 'the state was replaced by a snapshot of another node', {
    hint: 'read the present state, then begin a new stream',
  });
}
