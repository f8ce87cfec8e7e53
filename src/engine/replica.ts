/**
 * The state of one replica, as replay fills it: L1 and what stands beside it. `openReplica` brings
 * it to the head of the log: the newest checkpoint that is whole and belongs to this log, then the
 * batches behind it, by L1 setters only.
 */
import {
  AdastraError,
  ByteReader,
  ByteWriter,
  equalBytes,
  type Hlc,
  hexOf,
  type Limits,
  MalformedBytes,
  NeedsNewerLevel,
  Vector,
} from '../core/index.ts';
import type { Env } from '../env/index.ts';
import { type AnyProjection, ProjectionHost } from '../projections/index.ts';
import { loadCheckpoint } from '../store/checkpoint/index.ts';
import { OriginTable, Storage } from '../store/storage/index.ts';
import {
  Collected,
  CommandMemory,
  type DecidedPlace,
  HeadTable,
  Incarnations,
  Replay,
  SeenTable,
} from '../store/transactions/index.ts';
import {
  baseSeqOf,
  type Batch,
  type CommitLog,
  type LogOptions,
  type RecoveryReport as LogRecoveryReport,
  recoverLog,
} from '../wal/index.ts';
import { type ReplicaStart, replicaStarts } from './replica-starts.ts';

export class Replica {
  readonly origins: OriginTable = new OriginTable();
  readonly storage: Storage;
  readonly vector: Vector = new Vector();
  readonly incarnations: Incarnations = new Incarnations();
  readonly seen: SeenTable;
  readonly commands: CommandMemory;
  readonly collected: Collected = new Collected();
  readonly decided: DecidedPlace = { seq: 0 };
  readonly heads: HeadTable = new HeadTable();
  /** What the log holds; while a lane writes, it runs ahead of what is published. */
  logVector: () => Vector = () => this.vector;
  /** The greatest stamp reading applied. */
  clock: Hlc = { ms: 0, counter: 0 };
  readonly projections: ProjectionHost;

  constructor(env: Env, limits: Limits, projections: readonly AnyProjection[] = []) {
    const { origins } = this;
    this.projections = new ProjectionHost(projections, limits);
    const [a, b, c, d] = env.random.bytes(4) as unknown as [number, number, number, number];
    const hashSeed = (a | (b << 8) | (c << 16) | (d << 24)) >>> 0;
    this.storage = new Storage({ hashSeed, crypto: env.crypto, origins });
    this.seen = new SeenTable(this.incarnations);
    this.commands = new CommandMemory(limits);
  }

  /** What a checkpoint keeps beside the entries. */
  sections(vector: Vector, clock: Hlc): Map<string, Uint8Array> {
    const reading = new ByteWriter(16);
    reading.u48(clock.ms);
    reading.u16(clock.counter);
    return new Map([
      ['vector', vector.encode()],
      ['incarnations', this.incarnations.encode()],
      ['seen', this.seen.encode()],
      ['commands', this.commands.encode()],
      ['collected', this.collected.encode()],
      ['decided', placeBytes(this.decided)],
      ['heads', this.heads.encode()],
      ['clock', reading.toBytes()],
      ...this.projections.sections(),
    ]);
  }

  /** Takes sections back, but for those of projections; throws `MalformedBytes`. */
  load(sections: ReadonlyMap<string, Uint8Array>): void {
    const section = (name: string): Uint8Array => {
      const bytes = sections.get(name);
      if (bytes === undefined) throw new MalformedBytes(`no section ${name}`);
      return bytes;
    };
    for (const [origin, entry] of Vector.decode(new ByteReader(section('vector'))).entries()) {
      this.vector.advance(origin, entry.originSeq, entry.digest);
    }
    this.incarnations.load(section('incarnations'));
    this.seen.load(section('seen'));
    this.commands.load(section('commands'));
    const decided = sections.get('decided');
    if (decided !== undefined) this.decided.seq = new ByteReader(decided).varint();
    // Those who never collected anything wrote none.
    const collected = sections.get('collected');
    if (collected !== undefined) this.collected.load(collected);
    const heads = sections.get('heads');
    if (heads !== undefined) this.heads.load(heads);
    const reading = new ByteReader(section('clock'));
    this.clock = { ms: reading.u48(), counter: reading.u16() };
  }
}

function placeBytes({ seq }: DecidedPlace): Uint8Array {
  const writer = new ByteWriter(8);
  writer.varint(seq);
  return writer.toBytes();
}

export interface OpenReplicaOptions {
  readonly access: 'read' | 'write';
  readonly limits: Limits;
  readonly log?: LogOptions | undefined;
  readonly worldId?: Uint8Array | undefined;
  /** Folded from what is replayed; they may ask for an earlier place than the state needs. */
  readonly projections?: readonly AnyProjection[];
  /** Ignore checkpoints and replay from the base. */
  readonly fromBase?: boolean;
  /** Begin with the oldest usable checkpoint, not the newest. */
  readonly fromOldest?: boolean;
  /** Only what is at or below this seq is wanted of checkpoints. */
  readonly untilSeq?: number;
  /** A seq that the caller knows to be in the log, mark or no mark. */
  readonly witnessSeq?: number;
}

export interface OpenedReplica {
  readonly replica: Replica;
  readonly log: CommitLog;
  readonly report: LogRecoveryReport;
  readonly checkpointSeq: number;
  readonly replayedCommits: number;
  readonly rejectedCheckpoints: { file: string; reason: string }[];
  /** Seq that the replica stands at. */
  readonly seq: number;
}

/**
 * Opens log and state of a directory; throws the `AdastraError` that the log or a file calls for.
 */
export function openReplica(env: Env, dataDir: string, options: OpenReplicaOptions): OpenedReplica {
  const rejected = new Map<string, string>();
  const isRejected = (file: string): boolean => rejected.has(file);
  for (const start of replicaStarts(env, dataDir, { ...options, isRejected })) {
    const attempt = openFrom(env, dataDir, start, options);
    if (typeof attempt === 'object') return { ...attempt, rejectedCheckpoints: listOf(rejected) };
    if (start.file !== undefined && attempt !== NO_PROJECTIONS) rejected.set(start.file, attempt);
  }
  throw noCheckpoint(baseSeqOf(env, dataDir) ?? 0, listOf(rejected));
}

function listOf(rejected: ReadonlyMap<string, string>): { file: string; reason: string }[] {
  return [...rejected].map(([file, reason]) => ({ file, reason }));
}

type Opened = Omit<OpenedReplica, 'rejectedCheckpoints'>;

/** The place is good, but for a projection that begins earlier. */
const NO_PROJECTIONS = 'it lacks a projection';

/** The opened replica, or why this place is of no use. */
function openFrom(
  env: Env,
  dataDir: string,
  { file, isBase, isLast }: ReplicaStart,
  options: OpenReplicaOptions,
): Opened | string {
  const replica = new Replica(env, options.limits, options.projections);
  if (file !== undefined) return fromCheckpoint(env, dataDir, { file, isBase, replica }, options);
  replica.projections.begin({ seq: 0 });
  try {
    const opened = replayLog(env, dataDir, replica, { ...options, fromSeq: 0 });
    const isWhole = opened.report.damage === undefined || isLast;
    if (opened.log.baseSeq === 0 && isWhole) return opened;
    opened.log.abandon();
    return 'the log is not whole';
  } catch (error) {
    if (isLast || !AdastraError.is(error) || error.code !== 'log_damaged') throw error;
    return error.message;
  }
}

function fromCheckpoint(
  env: Env,
  dataDir: string,
  { file, isBase, replica }: { file: string; isBase: boolean; replica: Replica },
  options: OpenReplicaOptions,
): Opened | string {
  const { origins, storage } = replica;
  const loaded = loadCheckpoint(env, file, storage, { origins, worldId: options.worldId });
  if (!loaded.ok) {
    const { code, message } = loaded.error;
    if (code === 'checkpoint_damaged') return message;
    throw loaded.error;
  }
  const { header, sections } = loaded.value;
  try {
    replica.load(sections);
  } catch (error) {
    if (error instanceof MalformedBytes) return error.message;
    throw error;
  }
  const { seq } = header;
  if (!replica.projections.begin({ seq, sections, storage, isBase })) return NO_PROJECTIONS;
  const from = { fromSeq: seq, fromDigest: header.digest };
  const opened = replayLog(env, dataDir, replica, { ...options, ...from });
  if (!equalBytes(header.worldId, opened.log.worldId)) {
    opened.log.abandon();
    throw anotherWorld(file, header.worldId, opened.log.worldId);
  }
  const fault = placeFault(opened, seq);
  if (fault === undefined) return opened;
  opened.log.abandon();
  return fault;
}

/** D16: a checkpoint that is ahead of its log, or of another one, is not used. */
function placeFault({ log, report }: Opened, seq: number): string | undefined {
  if (log.headSeq < seq) return `it is at seq ${seq}, the log ends at ${log.headSeq}`;
  if (log.baseSeq > seq) return `it is at seq ${seq}, the log begins behind ${log.baseSeq}`;
  if (report.fromDigestSeen === true || log.baseSeq === seq) return undefined;
  return 'its digest is not that of the log at its seq';
}

/**
 * What carries good checksums and still cannot be read was written by a newer version, or by a
 * fault.
 */
function applyBatch(replay: Replay, batch: Batch, untilSeq: number | undefined): void {
  try {
    replay.apply(batch, untilSeq);
  } catch (error) {
    const details = { segment: batch.segment, offset: batch.offset, lastGoodSeq: replay.seq };
    if (error instanceof NeedsNewerLevel) {
      throw new AdastraError('upgrade_needed', `the log needs a newer version: ${error.message}`, {
        details,
      });
    }
    if (!(error instanceof MalformedBytes)) throw error;
    throw new AdastraError(
      'log_damaged',
      `a commit behind seq ${replay.seq} cannot be read: ${error.message}`,
      {
        hint: 'restore a backup, or give up the rest with: adastra log repair',
        details: { ...details, reason: error.message },
      },
    );
  }
}

function replayLog(
  env: Env,
  dataDir: string,
  replica: Replica,
  options: OpenReplicaOptions & { fromSeq: number; fromDigest?: Uint8Array },
): Opened {
  const { fromSeq, fromDigest, access, worldId, log, untilSeq } = options;
  const replay = new Replay(replica, fromSeq, replica.clock, replica.projections.observer);
  // What begins behind a gap cannot be applied; the caller sees it by `baseSeq` and says so.
  let hasGap: boolean | undefined;
  const recovered = recoverLog(env, dataDir, {
    access,
    fromSeq,
    onBatch: (batch) => {
      hasGap ??= batch.firstSeq > fromSeq + 1;
      if (!hasGap) applyBatch(replay, batch, untilSeq);
    },
    vector: () => replica.logVector().encode(),
    ...(fromDigest === undefined ? {} : { fromDigest }),
    witnessSeq: Math.max(options.witnessSeq ?? 0, fromDigest === undefined ? 0 : fromSeq),
    ...(worldId === undefined ? {} : { worldId }),
    ...(log === undefined ? {} : { options: log }),
  });
  if (!recovered.ok) throw recovered.error;
  replica.clock = replay.clock;
  const { log: commitLog, report } = recovered.value;
  const { commits: replayedCommits, seq } = replay;
  return { replica, log: commitLog, report, checkpointSeq: fromSeq, replayedCommits, seq };
}

/** Nothing of either is applied: which one is the stranger, only the user can know. */
function anotherWorld(file: string, found: Uint8Array, log: Uint8Array): AdastraError {
  const details = { file, expected: hexOf(log), actual: hexOf(found) };
  return new AdastraError('world_mismatch', `${file} is a checkpoint of another world`, {
    hint: 'move the file out of the directory if the log is the one you mean',
    details,
  });
}

function noCheckpoint(
  baseSeq: number,
  rejected: readonly { file: string; reason: string }[],
): AdastraError {
  return new AdastraError(
    'checkpoint_damaged',
    `the log begins behind seq ${baseSeq} and no checkpoint is usable`,
    {
      hint: 'restore a backup; the commits behind the base are still in the log',
      details: { baseSeq, rejected },
    },
  );
}
