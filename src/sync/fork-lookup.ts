/**
 * A fork of two branches that are not equally long does not show in vectors. It shows where a peer
 * refuses what does not fit its chain: then the digest that it said is compared with the one that
 * the own log has at that place. A lookup may read the whole log: a few for each link.
 */
import { equalBytes, type Vector } from '../core/index.ts';
import { freeze, type SyncContext } from './sync-context.ts';

const LOOKUPS_MAX = 16;

export class ForkLookup {
  readonly #context: SyncContext;
  readonly #peer: string;
  readonly #lookedUp = new Set<string>();

  constructor(context: SyncContext, peer: string) {
    this.#context = context;
    this.#peer = peer;
  }

  /** A new link. */
  clear(): void {
    this.#lookedUp.clear();
  }

  /** The peer, which is as far as `said`, refused something of this origin. */
  look(origin: string, said: Vector): void {
    if (this.#lookedUp.has(origin) || this.#lookedUp.size >= LOOKUPS_MAX) return;
    this.#lookedUp.add(origin);
    const { host, frozen } = this.#context;
    const originSeq = said.originSeqOf(origin);
    if (originSeq === 0 || frozen.has(origin)) return;
    if (host.vector().originSeqOf(origin) < originSeq) return;
    const digestHere = host.findDigest?.(origin, originSeq);
    const digestThere = said.digestOf(origin);
    if (digestHere === undefined || equalBytes(digestHere, digestThere)) return;
    freeze(this.#context, this.#peer, { origin, originSeq, digestThere, digestHere });
  }
}
