/**
 * Frames that are on their way to one peer: where in the log each lies, when it went and how large
 * it was, and how far it takes each origin. No bundle bytes: what has to be sent again is read from
 * the log again. Bounded in frames and in bytes; a bundle larger than the window goes alone.
 */
import type { OutboxRun } from './ports.ts';

export interface FrameInFlight {
  readonly frame: number;
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly bytes: number;
  readonly commits: number;
  readonly sentMono: number;
  /** Each origin once, at the last originSeq that the frame brings. */
  readonly ends: readonly OutboxRun[];
}

/** What an ack says of a frame: durable there, not taken for now, or no answer yet. */
export type FrameVerdict = 'durable' | 'blocked' | 'open';

export class SendWindow {
  readonly #bytesMax: number;
  readonly #framesMax: number;
  #frames: FrameInFlight[] = [];
  #bytes = 0;
  #commits = 0;

  constructor(limits: { readonly bytesMax: number; readonly framesMax: number }) {
    this.#bytesMax = limits.bytesMax;
    this.#framesMax = limits.framesMax;
  }

  get frames(): number {
    return this.#frames.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get commits(): number {
    return this.#commits;
  }

  get oldest(): FrameInFlight | undefined {
    return this.#frames[0];
  }

  /** Bytes that still fit; 0 where no frame does. */
  get room(): number {
    if (this.#frames.length >= this.#framesMax) return 0;
    return Math.max(0, this.#bytesMax - this.#bytes);
  }

  add(frame: FrameInFlight): void {
    this.#frames.push(frame);
    this.#bytes += frame.bytes;
    this.#commits += frame.commits;
  }

  /** Lets go of frames from the oldest on, up to the first that is not decided. */
  release(verdict: (frame: FrameInFlight) => FrameVerdict): [FrameInFlight, FrameVerdict][] {
    const released: [FrameInFlight, FrameVerdict][] = [];
    for (const frame of this.#frames) {
      const said = verdict(frame);
      if (said === 'open') break;
      released.push([frame, said]);
      this.#bytes -= frame.bytes;
      this.#commits -= frame.commits;
    }
    this.#frames = this.#frames.slice(released.length);
    return released;
  }

  /** Everything goes again: gives how many frames that were. */
  clear(): number {
    const count = this.#frames.length;
    this.#frames = [];
    this.#bytes = 0;
    this.#commits = 0;
    return count;
  }

  has(origin: string, originSeq: number): boolean {
    return this.#frames.some(({ ends }) =>
      ends.some(
        (run) =>
          run.origin === origin &&
          run.firstOriginSeq <= originSeq &&
          originSeq <= run.lastOriginSeq,
      ),
    );
  }
}

/** Runs of the same origin as one. */
export function mergedRuns(runs: readonly OutboxRun[]): readonly OutboxRun[] {
  const merged = new Map<string, OutboxRun>();
  for (const run of runs) {
    const before = merged.get(run.origin);
    merged.set(
      run.origin,
      before === undefined ? run : { ...before, lastOriginSeq: run.lastOriginSeq },
    );
  }
  return [...merged.values()];
}
