/**
 * Collecting tombstones behind the stable frontier (INV-8): what every member has durably applied.
 * In bounded steps, one a tick: a step looks at some keys, writes one note into the log that names
 * those to be forgotten, and L1 forgets them when the note is in the log. Where nothing was
 * removed, and where the frontier has not moved, a step costs nothing.
 */
import type { Vector } from '../../core/index.ts';
import {
  type CollectedKey,
  carryOut,
  isCollectable,
  lastSeqOf,
  writeCollectionNote,
} from './collection-note.ts';
import type { Lane } from './lane.ts';

/** Entries looked at in one step. */
const STEP_ENTRIES = 2000;
/** Keys and their UTF-16 units in one note. */
const NOTE_KEYS_MAX = 1000;
const NOTE_UNITS_MAX = 128 * 1024;

/** What one step did. */
export interface CollectStep {
  /** Tombstones that go with the note of this step. */
  readonly collected: number;
  /** Whether there is nothing more to do for this frontier. */
  readonly done: boolean;
}

const NOTHING: CollectStep = { collected: 0, done: true };

export class TombstoneCollector {
  readonly #lane: Lane;
  /** Keys still to be looked at in this round. */
  #round: Iterator<string> | undefined;
  /** By which frontiers the round was begun, and the last one ended. */
  #begun: ReadonlyMap<string, number> | undefined;
  #ended: ReadonlyMap<string, number> | undefined;

  constructor(lane: Lane) {
    this.#lane = lane;
  }

  /**
   * One step. `frontier`: the pointwise minimum of the durable vectors of all members not closed;
   * ended incarnations may be left out. Does nothing while this node lacks any of it, or takes no
   * writes.
   */
  step(frontier: Vector): CollectStep {
    const lane = this.#lane;
    const { storage } = lane.parts;
    if (lane.failure !== undefined || storage.tombstoneCount === 0) return NOTHING;
    const reached = this.#reached(frontier);
    if (reached === undefined) return NOTHING;
    if (this.#round === undefined && sameReach(this.#ended, reached)) return NOTHING;
    if (lane.overlay.removed.walkedTo !== undefined) {
      this.#walk(lane.overlay.removed.walkedTo);
      return { collected: 0, done: false };
    }
    if (this.#round === undefined) {
      this.#begun = reached;
      this.#round = lane.overlay.removed.keys.values();
    }
    const keys = this.#look(this.#round, reached);
    if (keys.length > 0) forget(lane, reached, keys);
    const done = this.#round === undefined && sameReach(this.#ended, reached);
    return { collected: keys.length, done };
  }

  /** The frontier without what follows from it; `undefined` where this node has not all of it. */
  #reached(frontier: Vector): ReadonlyMap<string, number> | undefined {
    const { incarnations, vector } = this.#lane.parts;
    const reach = (origin: string): number => vector.originSeqOf(origin);
    const reached = new Map<string, number>();
    for (const [origin, { originSeq }] of frontier.entries()) {
      if (!incarnations.covers(reach, origin, originSeq)) return undefined;
      if (!incarnations.isEndedAt(origin, originSeq, frontier)) reached.set(origin, originSeq);
    }
    return reached.size === 0 ? undefined : reached;
  }

  /** What was removed before this opening. */
  #walk(after: string): void {
    const { storage } = this.#lane.parts;
    const { removed } = this.#lane.overlay;
    const bounds = { includeSystem: true, includeAbsent: true };
    const cursor = storage.range(after === '' ? bounds : { ...bounds, gt: after });
    for (let left = STEP_ENTRIES; left > 0; left--) {
      if (!cursor.next()) {
        removed.walkedTo = undefined;
        return;
      }
      removed.walkedTo = cursor.key;
      if (!storage.hasPut(cursor.ref)) removed.add(cursor.key);
    }
  }

  #look(round: Iterator<string>, reached: ReadonlyMap<string, number>): CollectedKey[] {
    const { parts, overlay } = this.#lane;
    const { storage } = parts;
    const found: CollectedKey[] = [];
    let units = 0;
    for (let left = STEP_ENTRIES; left > 0; left--) {
      if (found.length >= NOTE_KEYS_MAX || units >= NOTE_UNITS_MAX) return found;
      const next = round.next();
      if (next.done === true) {
        this.#round = undefined;
        this.#ended = this.#begun;
        return found;
      }
      const key = next.value;
      if (overlay.pendingOf(key) !== undefined) continue;
      const ref = storage.find(key);
      if (ref === 0 || storage.hasPut(ref)) overlay.removed.keys.delete(key);
      else if (isCollectable(parts, reached, key)) {
        overlay.removed.keys.delete(key);
        found.push({ key, lastSeq: storage.lastSeq(ref) });
        units += key.length;
      }
    }
    return found;
  }
}

/** Logs a collection; what was forgotten is not remembered even if the note never gets there. */
function forget(
  lane: Lane,
  frontier: ReadonlyMap<string, number>,
  keys: readonly CollectedKey[],
): void {
  const note = { frontier, keys };
  const { parts, overlay } = lane;
  const noteSeq = lane.note(
    (frame) => writeCollectionNote(frame, note),
    () => carryOut(parts, note),
    () => keys.forEach(({ key }) => overlay.removed.add(key)),
  );
  // From here on, not from when it is durable: what is decided meanwhile must not rely on less.
  parts.collected.note(frontier, lastSeqOf(note), noteSeq);
}

function sameReach(
  left: ReadonlyMap<string, number> | undefined,
  right: ReadonlyMap<string, number>,
): boolean {
  if (left === undefined || left.size !== right.size) return false;
  for (const [origin, originSeq] of right) if (left.get(origin) !== originSeq) return false;
  return true;
}
