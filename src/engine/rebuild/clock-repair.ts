/**
 * Ends what a clock that ran ahead has begun: own commits with stamps beyond the drift limit, which
 * no peer takes, are taken out and authored again with stamps of now. The node's log starts over
 * behind its own base without them and without what has seen them.
 */
import { AdastraError, BundleReader, type Hlc, type Vector } from '../../core/index.ts';
import type { Env } from '../../env/index.ts';
import { loadCheckpoint } from '../../store/checkpoint/index.ts';
import { bundleRecord } from '../../store/transactions/index.ts';
import type { CommitLog } from '../../wal/index.ts';
import { Replica } from '../replica.ts';
import { openOldNode } from './old-node.ts';
import { ownBase } from './own-base.ts';
import { rebase, type RebasedNode, type RebaseReport } from './rebase.ts';

export interface ClockRepairSettings {
  /** What members other than this node have of its commits, as far as is known. */
  readonly taken: Vector;
  readonly driftLimitMs: number;
}

export interface ClockRepaired extends RebaseReport {
  /** The greatest stamp that was taken out, milliseconds since the Unix epoch. */
  readonly stampsFromMs: number;
}

/**
 * For a directory whose log is closed and whose lock the caller holds; then open it and `reauthor`.
 * `undefined` where no stamp is ahead. Throws `condition_failed`, with nothing changed, where a
 * member has taken such a commit, or the log has let it go.
 */
export async function clockRepair(
  env: Env,
  dataDir: string,
  { taken, driftLimitMs, ...node }: RebasedNode & ClockRepairSettings,
): Promise<ClockRepaired | undefined> {
  const path = env.fs.resolve(dataDir);
  const limitMs = env.clock.wallMs() + driftLimitMs;
  const { fingerprint } = node.identity;
  const old = openOldNode(env, path, node.options.limits);
  const { baseSeq } = old.log;
  const survey = surveyStamps(old.log, fingerprint, limitMs);
  old.log.abandon();
  const file = ownBase(env, path, baseSeq, beyondBase);
  const ofBase = file === undefined ? { ms: 0, counter: 0 } : clockIn(env, file, node);
  if (ofBase.ms > limitMs) throw beyondBase();
  if (survey.firstAhead.size === 0) return undefined;
  for (const [origin, originSeq] of survey.firstAhead) {
    if (taken.originSeqOf(origin) >= originSeq) throw wasTaken(origin, originSeq);
  }
  const leavesOut = (origin: string, _first: number, last: number): boolean =>
    last >= (survey.firstAhead.get(origin) ?? Number.POSITIVE_INFINITY);
  const report = await rebase(env, path, node, { file, leavesOut, clock: ofBase });
  return { ...report, stampsFromMs: survey.greatestMs };
}

interface Survey {
  /** Of each own incarnation the first commit of its first bundle that is ahead. */
  readonly firstAhead: ReadonlyMap<string, number>;
  readonly greatestMs: number;
}

function surveyStamps(log: CommitLog, fingerprint: string, limitMs: number): Survey {
  const firstAhead = new Map<string, number>();
  let greatestMs = 0;
  const reader = new BundleReader();
  if (log.headSeq <= log.baseSeq) return { firstAhead, greatestMs };
  for (const batch of log.read(log.baseSeq + 1)) {
    for (const record of batch.records) {
      const bundle = bundleRecord(record);
      if (bundle === undefined) continue;
      reader.open(bundle.source, bundle.authoredStart, bundle.authoredEnd);
      const { origin, firstOriginSeq } = reader;
      if (!origin.startsWith(`${fingerprint}.`)) continue;
      const ms = greatestIn(reader);
      if (ms <= limitMs) continue;
      greatestMs = Math.max(greatestMs, ms);
      if (!firstAhead.has(origin)) firstAhead.set(origin, firstOriginSeq);
    }
  }
  return { firstAhead, greatestMs };
}

function greatestIn(reader: BundleReader): number {
  let greatest = 0;
  while (reader.nextCommit()) {
    greatest = Math.max(greatest, reader.ms);
    while (reader.nextEvent());
  }
  return greatest;
}

function clockIn(env: Env, file: string, { options }: RebasedNode): Hlc {
  const replica = new Replica(env, options.limits);
  const nothing = { loadSorted: () => {}, setSiblings: () => {} } as unknown;
  const target = nothing as Parameters<typeof loadCheckpoint>[2];
  const loaded = loadCheckpoint(env, file, target, { origins: replica.origins });
  if (!loaded.ok) throw loaded.error;
  replica.load(loaded.value.sections);
  return replica.clock;
}

function wasTaken(origin: string, originSeq: number): AdastraError {
  const message = 'a member has taken a commit whose stamp is ahead: it stays as it is';
  return new AdastraError('condition_failed', message, {
    hint: 'set the clock right; stamps of new commits follow the old ones until the time is reached',
    details: { origin, originSeq },
  });
}

function beyondBase(): AdastraError {
  const message = 'stamps that are ahead lie before what the log still holds';
  return new AdastraError('condition_failed', message, {
    hint: 'set the clock right, and take a snapshot of a member',
  });
}
