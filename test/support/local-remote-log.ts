/**
 * A log on another machine, as a mirror sees it, of an engine in this process; the test can cut it
 * off and count what is asked for.
 */
import { AdastraError } from '../../src/core/index.ts';
import type { Engine, LogDescription, LogPosition, RemoteLog } from '../../src/engine/index.ts';

export class LocalRemoteLog implements RemoteLog {
  /** `undefined`: nobody is there. */
  node: Engine | undefined;
  asked = 0;
  /** Runs before each answer. */
  beforeAnswer: (() => Promise<void>) | undefined;
  readonly #tails = new Set<() => void>();

  constructor(node?: Engine) {
    this.node = node;
  }

  /** Ends what is under way; nobody answers until `node` is set again. */
  cut(): void {
    this.node = undefined;
    for (const end of this.#tails) end();
  }

  async describe(): Promise<LogDescription> {
    return (await this.#there()).logFiles.describe();
  }

  async segment(place: {
    readonly logId: string;
    readonly segment: number;
    readonly from: number;
  }): Promise<Uint8Array> {
    const node = await this.#there();
    return node.logFiles.segment(place.segment, place.from, place.logId).slice();
  }

  async checkpoint(seq: number, from: number): Promise<Uint8Array> {
    return (await this.#there()).logFiles.checkpoint(seq, from).slice();
  }

  async *tail(signal: AbortSignal): AsyncGenerator<LogPosition, void, undefined> {
    const node = await this.#there();
    let wake = (): void => {};
    let isEnded = false;
    const end = (): void => {
      isEnded = true;
      wake();
    };
    this.#tails.add(end);
    signal.addEventListener('abort', end);
    let isNew = true;
    const stop = node.logFiles.listen(() => {
      isNew = true;
      wake();
    });
    try {
      while (!isEnded) {
        if (isNew) {
          isNew = false;
          yield node.logFiles.position;
        } else {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
    } finally {
      stop();
      this.#tails.delete(end);
    }
    throw new AdastraError('unavailable', 'the test cut it off');
  }

  close(): void {
    this.cut();
  }

  async #there(): Promise<Engine> {
    this.asked++;
    await this.beforeAnswer?.();
    if (this.node === undefined) throw new AdastraError('unavailable', 'nobody is there');
    return this.node;
  }
}
