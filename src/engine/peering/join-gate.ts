/**
 * Keeps a node that has joined from writing before it holds what its inviter held (`join-state.ts`
 * says why), and remembers meanwhile whom to trust: the inviter, whose key the code has pinned, is
 * the only one that a node without any statement can take the world from.
 */
import type { Env } from '../../env/index.ts';
import { endJoin, type JoinRecord, loadJoinRecord, stillJoining } from './join-state.ts';
import type { PeeringNode } from './peering-node.ts';

export class JoinGate {
  readonly #env: Env;
  readonly #dataDir: string;
  #record: JoinRecord | undefined;

  constructor(env: Env, dataDir: string) {
    this.#env = env;
    this.#dataDir = dataDir;
    this.#record = loadJoinRecord(env, dataDir);
  }

  /** Fingerprint of the inviter while the join is going on. */
  get inviter(): string | undefined {
    return this.#record?.inviter;
  }

  /** Throws `joining`. */
  check(): void {
    if (this.#record !== undefined) throw stillJoining(this.#record);
  }

  /** Looks whether the node has caught up; cheap once it has. */
  look({ log, lane, replica }: PeeringNode): void {
    if (this.#record === undefined || log.durableSeq < lane.publishedSeq) return;
    const reach = (origin: string): number => lane.vector.originSeqOf(origin);
    for (const [origin, { originSeq }] of this.#record.vector.entries()) {
      if (!replica.incarnations.covers(reach, origin, originSeq)) return;
    }
    endJoin(this.#env, this.#dataDir);
    this.#record = undefined;
  }
}
