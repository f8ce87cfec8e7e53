/**
 * Looking at the checkpoints of a damaged directory: whether each is whole, can be loaded, makes
 * the state that it claims, and belongs to the log as far as that can still be checked.
 */
import {
  type AdastraError,
  DEFAULT_LIMITS,
  equalBytes,
  hexOf,
  MalformedBytes,
  readU32,
  type Vector,
} from '../core/index.ts';
import type { Env } from '../env/index.ts';
import {
  type CheckpointHeader,
  listCheckpoints,
  loadCheckpoint,
  runSlices,
  verifyCheckpoint,
} from '../store/checkpoint/index.ts';
import { type LogIdentity, salvageLog } from '../wal/index.ts';
import { checkpointDirectory } from './directory.ts';
import { Replica } from './replica.ts';

/** A checkpoint that can be started from. */
export interface GoodCheckpoint {
  readonly file: string;
  readonly seq: number;
  readonly header: CheckpointHeader;
  readonly vector: Vector;
}

/** One that cannot. */
export interface BadCheckpoint {
  readonly file: string;
  readonly seq: number;
  readonly offset: number;
  readonly reason: string;
}

export interface InspectedCheckpoints {
  /** Newest first. */
  readonly good: readonly GoodCheckpoint[];
  readonly bad: readonly BadCheckpoint[];
}

/**
 * By themselves, without the log. Throws what is no damage: `upgrade_needed`, `permission_denied`.
 */
export async function inspectCheckpoints(env: Env, dataDir: string): Promise<InspectedCheckpoints> {
  const good: GoodCheckpoint[] = [];
  const bad: BadCheckpoint[] = [];
  for (const { file, seq } of listCheckpoints(env, checkpointDirectory(env, dataDir))) {
    const verified = await runSlices(env, verifyCheckpoint(env, file));
    const fault = verified.ok ? undefined : faultOf(verified.error);
    const loaded = fault ?? load(env, file, seq);
    if ('reason' in loaded) bad.push({ file, seq, ...loaded });
    else good.push({ file, seq, ...loaded });
  }
  return { good, bad };
}

function faultOf(error: AdastraError): { offset: number; reason: string } {
  if (error.code !== 'checkpoint_damaged' && error.code !== 'io_error') throw error;
  const { offset, reason } = error.details;
  return {
    offset: typeof offset === 'number' ? offset : 0,
    reason: typeof reason === 'string' ? reason : error.message,
  };
}

/** Loads it for its vector, and to see that it makes the state that it claims. */
function load(
  env: Env,
  file: string,
  seq: number,
): { header: CheckpointHeader; vector: Vector } | { offset: number; reason: string } {
  const replica = new Replica(env, DEFAULT_LIMITS);
  const { storage, origins, vector } = replica;
  const loaded = loadCheckpoint(env, file, storage, { origins });
  if (!loaded.ok) return faultOf(loaded.error);
  const { header, sections } = loaded.value;
  try {
    replica.load(sections);
  } catch (error) {
    if (error instanceof MalformedBytes) return { offset: 0, reason: error.message };
    throw error;
  }
  if (header.seq !== seq) return { offset: 0, reason: `it is at seq ${header.seq}, not ${seq}` };
  if (storage.stateHash() !== hexOf(header.stateHash)) {
    return { offset: 0, reason: 'its entries do not make the state that it claims' };
  }
  return { header, vector };
}

/** What a log says of the end of one seq. */
interface Witness {
  /** Digests of the batch that ends there, and of what stands right behind it without a seq. */
  readonly digests: Uint8Array[];
  /** The same by their first 8 bytes, as what follows names them. */
  readonly heads: [low: number, high: number][];
  /** Whether nothing between that batch and the next is missing. */
  isWhole: boolean;
}

/**
 * Parts checkpoints that belong to another log, or to another point of it, from those that may fit.
 */
export function placeCheckpoints(
  env: Env,
  dataDir: string,
  identity: LogIdentity,
  inspected: InspectedCheckpoints,
): InspectedCheckpoints & { readonly term: number } {
  const survey = new Survey(inspected.good.map(({ seq }) => seq));
  const surveyed = salvageLog(env, dataDir, identity, survey);
  if (!surveyed.ok) throw surveyed.error;
  const good: GoodCheckpoint[] = [];
  const bad = [...inspected.bad];
  for (const checkpoint of inspected.good) {
    const { file, seq, header } = checkpoint;
    const isOfWorld = equalBytes(header.worldId, identity.worldId);
    const reason = isOfWorld
      ? survey.faultOf(seq, header.digest)
      : 'it is a checkpoint of another world';
    if (reason === undefined) good.push(checkpoint);
    else bad.push({ file, seq, offset: 0, reason });
  }
  return { good, bad, term: survey.term };
}

class Survey {
  /** The highest term seen. */
  term = 0;
  readonly #witnesses = new Map<number, Witness>();
  #lastSeq = -1;
  /** The seq whose end the walk stands at, without a gap since. */
  #at = -1;

  constructor(seqs: readonly number[]) {
    for (const seq of seqs) this.#witnesses.set(seq, { digests: [], heads: [], isWhole: false });
  }

  onHeader(header: { term: number; firstSeq: number; previousDigest: Uint8Array }): void {
    this.term = Math.max(this.term, header.term);
    this.#witnesses.get(header.firstSeq - 1)?.digests.push(header.previousDigest.slice());
  }

  onGap(): void {
    this.#at = -1;
  }

  onBatch(
    batch: { term: number; firstSeq: number; count: number; digest: Uint8Array },
    previous: { previousLow: number; previousHigh: number },
  ): void {
    const { term, firstSeq, count, digest } = batch;
    this.term = Math.max(this.term, term);
    const before = this.#witnesses.get(firstSeq - 1);
    before?.heads.push([previous.previousLow, previous.previousHigh]);
    if (before !== undefined && count > 0 && this.#at === firstSeq - 1) before.isWhole = true;
    const lastSeq = firstSeq + count - 1;
    this.#witnesses.get(lastSeq)?.digests.push(digest.slice());
    if (count > 0) {
      for (const [seq, witness] of this.#witnesses) {
        // A checkpoint stands at the end of a batch, never within.
        if (seq >= firstSeq && seq < lastSeq) witness.isWhole = true;
      }
      this.#at = lastSeq;
    }
    this.#lastSeq = Math.max(this.#lastSeq, lastSeq);
  }

  /** Why a checkpoint cannot be of this log, or `undefined` if it is, or nothing can be said. */
  faultOf(seq: number, digest: Uint8Array): string | undefined {
    const { digests, heads, isWhole } = this.#witnesses.get(seq) as Witness;
    if (digests.some((known) => equalBytes(known, digest))) return undefined;
    const [low, high] = [readU32(digest, 0), readU32(digest, 4)];
    if (heads.some((head) => head[0] === low && head[1] === high)) return undefined;
    const isEnd = this.#lastSeq === seq && this.#at === seq;
    return isWhole || isEnd ? 'its digest is not that of the log at its seq' : undefined;
  }
}
