/**
 * Checkpoints, the face of this folder: verified snapshots of L1 at a seq, in one file each.
 * Written, verified and removed in slices beside the work of a node; loaded in one go when it
 * opens. Which checkpoint fits the log, when to write the next and what to do on damage is for the
 * caller.
 */
export {
  type KeepCheckpoints,
  type ListedCheckpoint,
  dropInSlices,
  listCheckpoints,
} from './checkpoint-directory.ts';
export { checkpointName } from './format.ts';
export type { CheckpointHeader } from './checkpoint-header.ts';
export {
  type CheckpointTarget,
  type LoadedCheckpoint,
  type LoadOptions,
  loadCheckpoint,
  readCheckpointHeader,
  readNamedSections,
} from './load-checkpoint.ts';
export { type Pause, type Slices, runSlices } from './slices.ts';
export { verifyCheckpoint } from './verify-checkpoint.ts';
export {
  type CheckpointFile,
  type CheckpointInput,
  writeCheckpoint,
} from './write-checkpoint.ts';
