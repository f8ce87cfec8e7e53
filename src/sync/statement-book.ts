/**
 * The last vector statement of every member: one each, so the book is as large as the membership. A
 * statement only grows: one that another dominates is passed over, as is one that says less in any
 * place, since what was durable stays (a rolled-back image says more again when it has caught up).
 * Statements of keys that are no member yet wait, a few.
 */
import type { VectorStatement } from '../core/index.ts';
import type { SyncHost } from './ports.ts';
import { covers, expandVector } from './wire-vector.ts';

const STRANGERS_MAX = 64;

export class StatementBook {
  readonly #host: SyncHost;
  readonly #statements = new Map<string, VectorStatement>();
  readonly #strangers = new Map<string, VectorStatement>();

  constructor(host: SyncHost) {
    this.#host = host;
  }

  of(fingerprint: string): VectorStatement | undefined {
    return this.#statements.get(fingerprint);
  }

  all(): readonly VectorStatement[] {
    return [...this.#statements.values()];
  }

  /** Whether it is the new last one of its member. */
  add(statement: VectorStatement): boolean {
    const { fingerprint } = statement;
    const member = this.#host.member(fingerprint);
    if (member === undefined) {
      if (this.#strangers.size < STRANGERS_MAX || this.#strangers.has(fingerprint)) {
        this.#strangers.set(fingerprint, statement);
      }
      return false;
    }
    if (member.state === 'closed') return false;
    const before = this.#statements.get(fingerprint);
    if (before !== undefined && !this.#hasGrown(before, statement)) return false;
    if (!this.#host.verifyStatement(statement)) return false;
    this.#statements.set(fingerprint, statement);
    return true;
  }

  /** Takes up who has become a member and lets go of who has ended; whether anything changed. */
  membersChanged(): boolean {
    let changed = false;
    for (const fingerprint of this.#statements.keys()) {
      const state = this.#host.member(fingerprint)?.state ?? 'closed';
      if (state === 'closed') changed = this.#statements.delete(fingerprint) || changed;
    }
    const waiting = [...this.#strangers.values()];
    this.#strangers.clear();
    for (const statement of waiting) changed = this.add(statement) || changed;
    return changed;
  }

  /** Of its own a member may take back what nobody has taken (`clock repair`). */
  #mayGoBack(fingerprint: string, origin: string): boolean {
    return origin.startsWith(`${fingerprint}.`) || this.#host.mayGoBack?.() === true;
  }

  #hasGrown(before: VectorStatement, next: VectorStatement): boolean {
    const predecessorOf = (origin: string) => this.#host.predecessorOf(origin);
    const said = expandVector(next.vector, predecessorOf);
    // What was taken out again, as it may be of some origins, was never in anybody's way.
    const stays = before.vector
      .entries()
      .every(
        ([origin, { originSeq }]) =>
          said.originSeqOf(origin) >= originSeq || this.#mayGoBack(next.fingerprint, origin),
      );
    return stays && !covers(before.vector, next.vector);
  }
}
