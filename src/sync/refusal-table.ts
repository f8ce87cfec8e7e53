/**
 * What one peer said that it does not take from this node: from which originSeq of an origin on.
 * The outbox passes these over and goes on with other origins. `held` and `unsupported` end when
 * the peer asks again; `refused` and `fork` when the peer has got there by another way, when
 * membership changed, when somebody re-drives, and at every new link once.
 */
import type { Refusal, Vector } from '../core/index.ts';

export class RefusalTable {
  readonly #refusals = new Map<string, Refusal>();

  get size(): number {
    return this.#refusals.size;
  }

  /** Those that the peer takes later: held there. */
  get held(): number {
    let held = 0;
    for (const { kind } of this.#refusals.values()) if (isForLater(kind)) held++;
    return held;
  }

  /**
   * Whether it is news. `own`: what this node has; a refusal of anything else is passed over, so
   * that the table is bounded by what could have been sent.
   */
  add(refusal: Refusal, own: Vector): boolean {
    const { origin, originSeq, kind } = refusal;
    if (kind === 'void' || own.originSeqOf(origin) < originSeq) return false;
    const before = this.#refusals.get(origin);
    if (before !== undefined && before.originSeq < originSeq) return false;
    this.#refusals.set(origin, refusal);
    return before?.originSeq !== originSeq || before.kind !== kind;
  }

  blocking(origin: string, lastOriginSeq: number): Refusal | undefined {
    const refusal = this.#refusals.get(origin);
    return refusal !== undefined && refusal.originSeq <= lastOriginSeq ? refusal : undefined;
  }

  /** Forgets what the peer has by now; whether there was any. */
  settle(reach: Vector): boolean {
    let settled = false;
    for (const [origin, { originSeq }] of this.#refusals) {
      if (reach.originSeqOf(origin) < originSeq) continue;
      this.#refusals.delete(origin);
      settled = true;
    }
    return settled;
  }

  /** The peer asks again for what it held. */
  askedAgain(): void {
    for (const [origin, { kind }] of this.#refusals) {
      if (isForLater(kind)) this.#refusals.delete(origin);
    }
  }

  clear(): boolean {
    const had = this.#refusals.size > 0;
    this.#refusals.clear();
    return had;
  }

  all(): readonly Refusal[] {
    return [...this.#refusals.values()];
  }
}

function isForLater(kind: Refusal['kind']): boolean {
  return kind === 'held' || kind === 'unsupported';
}
