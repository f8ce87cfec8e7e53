/**
 * Own writes are judged as every other node will judge them, before anything is logged. What holds
 * for the author is kept and looked up again only when a statement comes in, so that a plain write
 * pays one comparison.
 */
import { decodeValue, isReservedKey } from '../../core/index.ts';
import { Judge, type SystemEvent, type SystemVerdict } from './judge.ts';
import { type MembershipTable, PRESENT } from './membership.ts';
import type { Standing } from './standing.ts';
import type { Statement } from './statement.ts';
import type { WorldProof } from './statement-check.ts';
import type { Transaction } from './transaction.ts';

const NO_STATEMENTS: readonly Statement[] = [];

/** Why a write may not be; `key`: the first one that it fails at, if it is one. */
export interface OwnFault {
  readonly reason: string;
  readonly key: string | undefined;
}

export class OwnGuard {
  readonly #table: MembershipTable;
  readonly #judge: Judge;
  #version = -1;
  #mayWriteAll = false;

  constructor(
    table: MembershipTable,
    author: { readonly origin: string; readonly mayFound: boolean },
    world: WorldProof,
  ) {
    this.#table = table;
    this.#judge = new Judge({ table, covers: PRESENT, world, ...author });
  }

  get standing(): Standing | undefined {
    return this.#judge.standing;
  }

  /** Why the one put of a user's key may not be. */
  putFault(key: string, originSeq: number): OwnFault | undefined {
    if (this.#version !== this.#table.version) this.#refresh();
    if (this.#mayWriteAll) return undefined;
    const { standing } = this;
    // A world is founded by a transaction.
    if (standing === undefined) return { reason: 'its author is no member', key };
    const reason = this.#judge.roleFault(originSeq) ?? this.#judge.keyFault(key, originSeq);
    return reason === undefined ? undefined : { reason, key };
  }

  /** What a transaction states, or why it may not be. */
  judge(transaction: Transaction, originSeq: number): readonly Statement[] | OwnFault {
    if (this.#version !== this.#table.version) this.#refresh();
    if (this.#mayWriteAll && !transaction.system) return NO_STATEMENTS;
    const role = this.#judge.roleFault(originSeq);
    const system: SystemEvent[] = [];
    for (const key of transaction.writes.keys()) {
      const reason = role ?? this.#judge.keyFault(key, originSeq);
      if (reason !== undefined) return { reason, key };
      if (isReservedKey(key)) system.push(systemEvent(transaction, key));
    }
    const verdict: SystemVerdict = this.#judge.system(originSeq, system);
    return typeof verdict === 'string' ? { reason: verdict, key: system[0]?.key } : verdict;
  }

  #refresh(): void {
    this.#version = this.#table.version;
    const { standing } = this;
    const isWriter = standing?.role === 'write' || standing?.role === 'admin';
    this.#mayWriteAll = isWriter && standing.state === 'member' && standing.scopes === undefined;
  }
}

function systemEvent({ writes, scratch }: Transaction, key: string): SystemEvent {
  const { remove, valueHead, start, end } = writes.get(key) as NonNullable<
    ReturnType<Transaction['writes']['get']>
  >;
  if (remove) return { key, value: undefined };
  return { key, value: () => decodeValue(valueHead, scratch.buffer, start, end, false) };
}
