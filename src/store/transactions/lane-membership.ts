/**
 * What the statements of a world mean to its write lane: own writes are judged by them before they
 * are logged, and the node's limits follow those of the world. Kept current as statements are
 * admitted; what fails to reach the log is forgotten again.
 */
import type { Limits } from '../../core/index.ts';
import type { LaneParts } from './lane-parts.ts';
import { MembershipTable } from './membership.ts';
import { OwnGuard } from './own-guard.ts';
import { refuseOwnWrite } from './refuse-own-write.ts';
import type { Standing } from './standing.ts';
import type { Statement } from './statement.ts';
import type { WorldProof } from './statement-check.ts';
import type { Transaction } from './transaction.ts';
import { limitsOfWorld } from './world-limits.ts';

/** What an own commit is logged with. */
export interface OwnVerdict {
  /** Why it is void, where refusing it has failed. */
  readonly reason: string | undefined;
  readonly statements: readonly Statement[];
}

const PLAIN: OwnVerdict = { reason: undefined, statements: [] };

export class LaneMembership {
  readonly table: MembershipTable = new MembershipTable();
  readonly world: WorldProof;
  readonly #guard: OwnGuard;
  readonly #parts: Pick<LaneParts, 'storage' | 'origins'>;
  readonly #ownLimits: Limits;

  constructor({ env, log, storage, origins, author, vector, limits }: LaneParts) {
    this.#parts = { storage, origins };
    this.#ownLimits = limits;
    this.world = { worldId: log.worldId, crypto: env.crypto };
    const mayFound = author.predecessor === null && vector.size === 0;
    const { originText: origin } = author;
    this.#guard = new OwnGuard(this.table, { origin, mayFound }, this.world);
    this.table.load(storage, origins);
  }

  /** How this node stands as a member, as far as it knows. */
  get standing(): Standing | undefined {
    return this.#guard.standing;
  }

  /** The node's limits, with those of the world. */
  limits(): Limits {
    return limitsOfWorld(this.#ownLimits, this.table.limits());
  }

  /** Throws `forbidden` for a put that would be void; if that fails, why it is. */
  judgePut(key: string, originSeq: number): string | undefined {
    const fault = this.#guard.putFault(key, originSeq);
    if (fault !== undefined) refuseOwnWrite(fault.reason, this.standing, fault.key);
    return fault?.reason;
  }

  /** The same for a transaction. */
  judge(transaction: Transaction, originSeq: number): OwnVerdict {
    const judged = this.#guard.judge(transaction, originSeq);
    if (!('reason' in judged))
      return judged.length === 0 ? PLAIN : { ...PLAIN, statements: judged };
    refuseOwnWrite(judged.reason, this.standing, judged.key);
    return { ...PLAIN, reason: judged.reason };
  }

  /** Throws `forbidden` for a transaction that `judge` would refuse; logs nothing. */
  check(transaction: Transaction): void {
    // Only a first commit founds a world, and none is founded on trial.
    if (transaction.writes.size > 0) this.judge(transaction, 2);
  }

  add(statements: readonly Statement[]): void {
    for (const statement of statements) this.table.add(statement);
  }

  /** Back to what is published. */
  reload(): void {
    this.table.load(this.#parts.storage, this.#parts.origins);
  }
}
