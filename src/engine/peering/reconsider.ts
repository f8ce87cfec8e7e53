/**
 * What statements make of what this node holds already. It looks when statements came in and when
 * the state was opened: commits behind the end of a membership are taken out, of a forked origin
 * the branch that an admin named goes on, and who holds the other one asks for a snapshot. One
 * thing at a time, and again after each; what fails is tried again in a minute.
 */
import type { Timer } from '../../env/index.ts';
import { PRESENT } from '../../store/transactions/index.ts';
import { branchHeld, type LostBranch } from '../rebuild/fork.ts';
import type { LeavesOut } from '../rebuild/carry-over.ts';
import { type BeyondEnd, beyondEnds } from './beyond-ends.ts';
import type { PeeringEvents } from './peering-events.ts';
import type { PeeringNode } from './peering-node.ts';
import type { SyncDriver } from './sync-driver.ts';
import type { SyncMemory } from './sync-memory.ts';

/** Whose state it is, as of now. */
export interface ReconsideredNode {
  readonly memory: SyncMemory;
  readonly node: PeeringNode;
  readonly driver: SyncDriver;
}

const RETRY_MS = 60_000;
const MISFITS_MAX = 64;

export class Reconsideration {
  readonly #peering: ReconsideredNode;
  readonly #events: Pick<PeeringEvents, 'takeOut' | 'reauthor'>;
  #isBusy = false;
  #again = false;
  #isClosed = false;
  #timer: Timer | undefined;
  #ends: readonly BeyondEnd[] = [];
  #branches: readonly LostBranch[] = [];
  /** Decisions by which this log was found to hold the branch that stays. */
  readonly #kept = new Set<string>();
  /** Origins of which bundles came that do not fit the chain that is here. */
  readonly #misfits = new Set<string>();

  constructor(peering: ReconsideredNode, events: Pick<PeeringEvents, 'takeOut' | 'reauthor'>) {
    this.#peering = peering;
    this.#events = events;
  }

  /** Returns at once. */
  look(): void {
    this.#again = true;
    if (this.#isBusy || this.#isClosed) return;
    this.#timer?.cancel();
    this.#isBusy = true;
    void this.#run();
  }

  /** Another state is open: everything is looked at anew. */
  replaced(): void {
    this.#ends = [];
    this.#branches = [];
    this.#kept.clear();
    this.#misfits.clear();
    this.look();
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
  }

  /** What this node holds and has to let go of: it must not give it to others as a snapshot. */
  get isTainted(): boolean {
    return this.#ends.length > 0 || this.#branches.length > 0;
  }

  /** A bundle of an origin does not fit the chain that is here. */
  misfit(origin: string): void {
    if (this.#misfits.has(origin) || this.#misfits.size >= MISFITS_MAX) return;
    this.#misfits.add(origin);
    this.look();
  }

  async #run(): Promise<void> {
    try {
      while (this.#again && !this.#isClosed) {
        this.#again = false;
        // oxlint-disable-next-line no-await-in-loop -- each look is at what the one before left
        await this.#once();
      }
    } catch (error) {
      this.#peering.node.options.logger?.warn(
        `statements that change what is here: ${String(error)}`,
      );
      if (!this.#isClosed) {
        this.#timer = this.#peering.node.env.timers.after(RETRY_MS, () => this.look());
      }
    } finally {
      this.#isBusy = false;
    }
  }

  async #once(): Promise<void> {
    const { memory } = this.#peering;
    const { lane, log, identity } = this.#peering.node;
    const standing = lane.membership.table.rightsOf(identity.fingerprint, PRESENT);
    // Whose membership has ended reads on, and begins anew when it is admitted again.
    if (standing?.state !== 'member') return;
    this.#ends = beyondEnds(log, lane, memory.settledEnds);
    this.#branches = this.#lostBranches();
    const needs = this.#branches.map(({ origin }) => origin);
    if (this.#ends.some(({ inBase }) => inBase)) needs.push('any');
    // Of a fork that is seen from one side only nobody has to hear first: it is asked for as well.
    const asks = new Set([...needs, ...this.#misfits]);
    this.#peering.driver.feed((sync) => sync.needSnapshot([...asks]));
    if (needs.length > 0) return;
    if (this.#ends.length > 0) await this.#events.takeOut(leavesOutOf(this.#ends));
    else await this.#events.reauthor();
  }

  #lostBranches(): LostBranch[] {
    const { lane, log } = this.#peering.node;
    const lost: LostBranch[] = [];
    for (const branch of lane.membership.table.branches()) {
      const { origin, statement } = branch;
      const held = this.#kept.has(statement.id) ? 'kept' : branchHeld(log, branch);
      if (typeof held === 'object') lost.push(held);
      else if (held === 'behind' && this.#misfits.has(origin)) {
        lost.push({ origin, firstOriginSeq: lane.vector.originSeqOf(origin) + 1 });
      } else {
        if (held === 'kept') {
          this.#kept.add(statement.id);
          this.#misfits.delete(origin);
        }
        this.#peering.driver.feed((sync, now) => sync.unfreeze(origin, now));
      }
    }
    return lost;
  }
}

function leavesOutOf(ends: readonly BeyondEnd[]): LeavesOut {
  return (origin, _first, last) => ends.some((end) => end.origin === origin && last > end.end);
}
