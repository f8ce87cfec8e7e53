/**
 * A node's log starts over behind another base: a snapshot, or its own base without commits that
 * are to go. Everything is built beside the old log and is whole and durable before one rename lets
 * it take effect (`starting-over.ts`); the old log goes to `aside/`. On top of the base comes,
 * unchanged and decided anew, whatever of the old log the base lacks; own commits that cannot be
 * taken over are written down to be authored again. Kept: identity, memory of commands, clock. Seqs
 * go on behind all that the directory ever gave.
 */
import { AdastraError, BundleReader, bytesOfHex, type Hlc } from '../../core/index.ts';
import type { Env } from '../../env/index.ts';
import { listCheckpoints, runSlices, writeCheckpoint } from '../../store/checkpoint/index.ts';
import {
  bundleRecord,
  coversIn,
  type Lane,
  MembershipTable,
  redecide,
} from '../../store/transactions/index.ts';
import { type CommitLog, createLog, type LogOptions, recoverLog } from '../../wal/index.ts';
import { checkpointDirectory, removeTree } from '../directory.ts';
import type { NodeIdentity } from '../identity.ts';
import type { ResolvedOptions } from '../options.ts';
import type { Replica } from '../replica.ts';
import { planMove } from '../set-aside.ts';
import { type Arrival, makeBuildingDirectory, startOver } from '../starting-over.ts';
import { loadBaseState } from './base-state.ts';
import { type CarriedOver, carryOver, type LeavesOut, type LeftOut } from './carry-over.ts';
import { type BranchFates, fatesOf } from './branch-fates.ts';
import { branchHeld, type LostBranch } from './fork.ts';
import { laneOn } from './lane-on.ts';
import { type OldNode, openOldNode } from './old-node.ts';
import {
  encodeOriginal,
  type FateOf,
  linesOf,
  ORIGINALS_FILE,
  originalsIn,
  writeOriginals,
} from './originals.ts';

const LOG_ID_BYTES = 16;
const FILES = 'files';

/** Whose directory it is; its lock is held by the caller and its log closed. */
export interface RebasedNode {
  readonly identity: NodeIdentity;
  readonly options: ResolvedOptions;
}

export interface NewBase {
  /** A checkpoint file; `undefined`: nothing at all. */
  readonly file: string | undefined;
  /** Bundles of the old log that are not to be handed over. */
  readonly leavesOut?: LeavesOut | undefined;
  /** A lost branch beside those that statements in the base tell of. */
  readonly lostBranch?: LostBranch | undefined;
  /** What the clock goes on from; default: where it stood. */
  readonly clock?: Hlc | undefined;
}

export interface RebaseReport {
  readonly baseSeq: number;
  readonly headSeq: number;
  /** Commits of the old log that were taken over. */
  readonly keptCommits: number;
  /** Own commits that are to be authored again. */
  readonly toReauthor: number;
  /** What was not taken over, own commits among it, and why. */
  readonly leftOut: readonly LeftOut[];
  /** Where the old log lies now. */
  readonly setAside: string;
}

/** Throws before anything has taken effect, or not at all. */
export async function rebase(
  env: Env,
  dataDir: string,
  node: RebasedNode,
  base: NewBase,
): Promise<RebaseReport> {
  const { limits } = node.options;
  const options: LogOptions = { segmentBytes: limits.segmentBytes };
  const old = openOldNode(env, dataDir, limits, options);
  try {
    const building = makeBuildingDirectory(env, dataDir);
    const { commands, nextSeq: seq } = old;
    const { worldId } = old.log;
    const clock = base.clock ?? old.clock;
    const source = { file: base.file, worldId, limits, seq, commands, clock };
    const replica = loadBaseState(env, source);
    const lost = lostBranchesOf(old, replica, base.lostBranch);
    const fates = fatesOf(old.log, replica, lost);
    const work = { old, replica, node, base, fates };
    const built = await build(env, building, work).catch((error: unknown) => {
      tidy(env, building);
      throw error;
    });
    return putInPlace(env, dataDir, building, { old, ...built });
  } finally {
    old.log.abandon();
  }
}

/** Branches that the base knows not to stay and that the old log holds, or may hold. */
function lostBranchesOf(
  { log, vector }: OldNode,
  { storage, origins }: Replica,
  given: LostBranch | undefined,
): LostBranch[] {
  const lost = given === undefined ? [] : [given];
  const stated = new MembershipTable();
  stated.load(storage, origins);
  for (const branch of stated.branches()) {
    const { origin, originSeq } = branch;
    if (origin === given?.origin || vector.originSeqOf(origin) === 0) continue;
    const held = branchHeld(log, branch);
    if (typeof held === 'object') lost.push(held);
    // It ends before the place that was compared: what stands in the base tells, or nothing does.
    else if (held === 'behind' && vector.originSeqOf(origin) < originSeq) {
      lost.push({ origin, firstOriginSeq: vector.originSeqOf(origin) + 1 });
    }
  }
  return lost;
}

/** What fails here counts less than why we are here; the next attempt tries again. */
function tidy(env: Env, building: string): void {
  try {
    removeTree(env, building);
  } catch {
    // Told above.
  }
}

interface Built {
  readonly carried: CarriedOver;
  readonly fateOf: FateOf;
  readonly baseSeq: number;
  readonly headSeq: number;
}

async function build(
  env: Env,
  building: string,
  work: { old: OldNode; replica: Replica; node: RebasedNode; base: NewBase; fates: BranchFates },
): Promise<Built> {
  const { old, replica, node, base, fates } = work;
  const { worldId, term } = old.log;
  const seq = old.nextSeq;
  const vector = replica.vector.encode();
  const digest = env.crypto.sha256(vector);
  const logId = env.random.bytes(LOG_ID_BYTES);
  const ids = { worldId, logId };
  const previous = { firstSeq: seq + 1, previousDigest: digest, vector };
  const created = createLog(env, building, { ...ids, term, ...previous });
  if (!created.ok) throw created.error;
  await writeBase(env, building, replica, { ...ids, seq, digest });
  const opened = recoverLog(env, building, {
    access: 'write',
    worldId,
    vector: () => replica.logVector().encode(),
    options: { segmentBytes: node.options.limits.segmentBytes },
  });
  if (!opened.ok) throw opened.error;
  const { log } = opened.value;
  try {
    const lane = laneOn(env, log, replica, node);
    redecide(lane, 'the log began anew');
    const { identity } = node;
    const leavesOut: LeavesOut = (origin, first, last) =>
      base.leavesOut?.(origin, first, last) === true || fates.isOver(origin, last);
    const carried = await carryOver(env, old.log, lane, { identity, leavesOut });
    await lane.close();
    const failure = log.close();
    if (failure !== undefined) throw failure;
    const fateOf = lostOf(lane, fates, identity);
    checkNothingLost(old, lane);
    return { carried, fateOf, baseSeq: seq, headSeq: log.headSeq };
  } finally {
    log.abandon();
  }
}

/** The base as the first checkpoint of the new log, in the building directory. */
async function writeBase(
  env: Env,
  building: string,
  replica: Replica,
  place: { worldId: Uint8Array; logId: Uint8Array; seq: number; digest: Uint8Array },
): Promise<void> {
  const directory = env.fs.resolve(building, FILES);
  env.fs.makeDirectory(directory);
  env.fs.syncDirectory(building);
  const { storage, origins } = replica;
  const snapshot = storage.snapshot();
  try {
    const written = writeCheckpoint(env, directory, {
      ...place,
      stateHash: bytesOfHex(storage.stateHash()) as Uint8Array,
      contentHash: bytesOfHex(storage.contentHash()) as Uint8Array,
      snapshot,
      origins,
      sections: replica.sections(replica.vector, replica.clock),
      storage,
    });
    await runSlices(env, written);
  } finally {
    snapshot.release();
  }
}

/** Own commits that the new log lacks, or has (or may have) others of under their name. */
function lostOf(lane: Lane, fates: BranchFates, identity: NodeIdentity): FateOf {
  const own = `${identity.fingerprint}.`;
  const { vector, parts } = lane;
  return (origin, originSeq) => {
    if (!origin.startsWith(own)) return 'kept';
    const fate = fates.of(origin, originSeq);
    if (fate !== 'kept') return fate;
    return coversIn(vector, parts.incarnations, origin, originSeq) ? 'kept' : 'lost';
  };
}

/**
 * What is missing was refused or left out for a reason, and can still be read: nothing may be
 * missing because the old log had let it go.
 */
function checkNothingLost({ log, vector: before }: OldNode, lane: Lane): void {
  const held = heldFrom(log);
  const { vector, parts } = lane;
  const missing: { origin: string; originSeq: number }[] = [];
  for (const [origin, { originSeq }] of before.entries()) {
    if (coversIn(vector, parts.incarnations, origin, originSeq)) continue;
    const from = held.get(origin) ?? Number.POSITIVE_INFINITY;
    if (from > vector.originSeqOf(origin) + 1) missing.push({ origin, originSeq });
  }
  if (missing.length === 0) return;
  const message = 'the new base lacks commits that this log has let go';
  throw new AdastraError('history_truncated', message, {
    hint: 'nothing was changed; take a snapshot of a member that has them',
    details: { missing },
  });
}

/** Of each origin the first commit that a log still holds. */
function heldFrom(log: CommitLog): Map<string, number> {
  const held = new Map<string, number>();
  const reader = new BundleReader();
  if (log.headSeq <= log.baseSeq) return held;
  for (const batch of log.read(log.baseSeq + 1)) {
    for (const record of batch.records) {
      const bundle = bundleRecord(record);
      if (bundle === undefined) continue;
      reader.open(bundle.source, bundle.authoredStart, bundle.authoredEnd);
      if (!held.has(reader.origin)) held.set(reader.origin, reader.firstOriginSeq);
    }
  }
  return held;
}

/** What an earlier start over left to be done comes first. */
function* linesFor(
  env: Env,
  dataDir: string,
  old: OldNode,
  fateOf: FateOf,
): Generator<Uint8Array, void, undefined> {
  const before = env.fs.resolve(dataDir, ORIGINALS_FILE);
  const encoder = new TextEncoder();
  if (env.fs.stat(before) !== undefined) {
    for (const line of linesOf(env, before)) yield encoder.encode(`${line}\n`);
  }
  for (const original of originalsIn(old.log, fateOf)) yield encodeOriginal(original);
}

function putInPlace(
  env: Env,
  dataDir: string,
  building: string,
  { old, carried, fateOf, baseSeq, headSeq }: Built & { readonly old: OldNode },
): RebaseReport {
  const { fs } = env;
  const files = fs.resolve(building, FILES);
  const lines = linesFor(env, dataDir, old, fateOf);
  const toReauthor = writeOriginals(env, fs.resolve(files, ORIGINALS_FILE), lines);
  if (toReauthor === 0) fs.removeFile(fs.resolve(files, ORIGINALS_FILE));
  fs.syncDirectory(files);
  old.log.abandon();
  const checkpoints = listCheckpoints(env, checkpointDirectory(env, dataDir)).map(
    ({ seq, file }) => {
      const name = baseName(file);
      return { ...planMove(env, dataDir, `checkpoints/${name}`, name), seq };
    },
  );
  const oldLog = planMove(env, dataDir, 'log', 'log');
  startOver(env, dataDir, { oldLog, checkpoints, arrivals: arrivalsOf(env, files) });
  const { commits: keptCommits, leftOut } = carried;
  const setAside = fs.resolve(dataDir, oldLog.to);
  return { baseSeq, headSeq, keptCommits, toReauthor, leftOut, setAside };
}

function arrivalsOf(env: Env, files: string): Arrival[] {
  return env.fs.list(files).map((name) => {
    const to = name === ORIGINALS_FILE ? name : `checkpoints/${name}`;
    return { from: `${FILES}/${name}`, to };
  });
}

function baseName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
}
