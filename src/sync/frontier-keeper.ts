/**
 * Keeps the stable frontier current: signs nothing and sends nothing itself, but says when an own
 * statement is due and when tombstones may be collected. It looks again after a change, at most
 * once in a while, since a frontier that is a second old harms nobody.
 */
import { Vector, type VectorStatement } from '../core/index.ts';
import type { Now } from './ports.ts';
import { hasAdvanced, stableFrontier } from './stable-frontier.ts';
import { sooner, type SyncContext } from './sync-context.ts';
import { compactVector } from './wire-vector.ts';

export class FrontierKeeper {
  readonly #context: SyncContext;
  #frontier = new Vector();
  #stableSeq = 0;
  #lookMono: number | undefined;
  /** When the own statement may be signed anew. */
  #signMono: number | undefined;
  #lastSignMono = Number.NEGATIVE_INFINITY;

  constructor(context: SyncContext) {
    this.#context = context;
  }

  /** What all members not closed have durably, as last looked up. */
  get frontier(): Vector {
    return this.#frontier;
  }

  get stableSeq(): number {
    return this.#stableSeq;
  }

  /** The own vector, a statement or the membership changed. */
  changed(now: Now): void {
    const { announceMs } = this.#context.options;
    this.#lookMono ??= now.mono + announceMs;
  }

  /** The own durable vector changed: a statement is due, not more often than allowed. */
  vectorChanged(now: Now): void {
    this.changed(now);
    const { announceMs, statementMs } = this.#context.options;
    const soonest = Math.max(now.mono + announceMs, this.#lastSignMono + statementMs);
    this.#signMono ??= soonest;
  }

  tick(now: Now): void {
    if (this.#signMono !== undefined && this.#signMono <= now.mono) this.#sign(now);
    if (this.#lookMono !== undefined && this.#lookMono <= now.mono) this.#look();
  }

  get nextMono(): number | undefined {
    return sooner(this.#lookMono, this.#signMono);
  }

  #sign(now: Now): void {
    this.#signMono = undefined;
    const { host, statements, work, predecessorOf } = this.#context;
    const vector = compactVector(host.vector(), predecessorOf);
    const last: VectorStatement | undefined = statements.of(host.fingerprint);
    if (last?.vector.equals(vector) === true) return;
    this.#lastSignMono = now.mono;
    work.add({ kind: 'sign', vector });
  }

  #look(): void {
    this.#lookMono = undefined;
    const { host, statements, work, predecessorOf } = this.#context;
    const open = host.members().filter(({ state }) => state !== 'closed');
    const frontier = stableFrontier({
      own: host.vector(),
      members: open.map(({ fingerprint }) => fingerprint),
      self: host.fingerprint,
      statementOf: (fingerprint) => statements.of(fingerprint)?.vector,
      predecessorOf,
    });
    if (frontier === undefined) return;
    this.#stableSeq = host.startFor(frontier) - 1;
    const advanced = hasAdvanced(this.#frontier, frontier);
    this.#frontier = frontier;
    if (!advanced) return;
    work.add({ kind: 'collect', frontier });
    work.syncChanged();
  }
}
