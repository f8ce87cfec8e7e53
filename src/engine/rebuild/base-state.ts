/**
 * The state that a new log begins behind: that of a snapshot or of an own checkpoint, or none at
 * all, as this node holds it from now on. Every key's last event is said to be at the base: no link
 * leads below it. What is the giver's alone is left out.
 */
import { AdastraError, hexOf, type Hlc, type Limits } from '../../core/index.ts';
import type { Env } from '../../env/index.ts';
import { type CheckpointTarget, loadCheckpoint } from '../../store/checkpoint/index.ts';
import { Replica } from '../replica.ts';

export interface BaseSource {
  /** A checkpoint file; `undefined`: nothing, a log from the very beginning. */
  readonly file: string | undefined;
  readonly worldId: Uint8Array;
  readonly limits: Limits;
  /** Where the new log begins. */
  readonly seq: number;
  /** This node's own, as encoded. */
  readonly commands: Uint8Array;
  /** The clock goes on above it. */
  readonly clock: Hlc;
}

const LOCAL_SECTIONS: readonly string[] = ['commands', 'decided'];

/** Throws `checkpoint_damaged`, `world_mismatch`, `upgrade_needed`, what the disk says. */
export function loadBaseState(env: Env, source: BaseSource): Replica {
  const { file, worldId, limits, seq, commands, clock } = source;
  const replica = new Replica(env, limits);
  if (file === undefined) {
    replica.commands.load(commands);
    replica.clock = clock;
    return replica;
  }
  const { storage, origins } = replica;
  const target: CheckpointTarget = {
    loadSorted: (bytes, start, end, cell) => storage.loadSorted(bytes, start, end, cell, seq),
    setSiblings: (key, siblings, view) => storage.setSiblings(key, siblings, view, seq),
  };
  const loaded = loadCheckpoint(env, file, target, { origins, worldId });
  if (!loaded.ok) throw loaded.error;
  const { header, sections } = loaded.value;
  const taken = new Map(sections);
  for (const name of LOCAL_SECTIONS) taken.delete(name);
  replica.load(taken.set('commands', commands));
  if (storage.stateHash() !== hexOf(header.stateHash)) {
    const reason = 'its entries do not make the state that it claims';
    throw new AdastraError('checkpoint_damaged', `${file}: ${reason}`, {
      details: { file, offset: 0, reason },
    });
  }
  replica.collected.beginBehind(seq);
  replica.clock = later(replica.clock, clock);
  return replica;
}

function later(left: Hlc, right: Hlc): Hlc {
  if (left.ms !== right.ms) return left.ms > right.ms ? left : right;
  return left.counter > right.counter ? left : right;
}
