/**
 * What an engine is made of, from a directory: identity, log, recovered state, limits of the world.
 * Opening does it once; after a snapshot has replaced the state it is done again under the same
 * lock.
 */
import { AdastraError } from '../core/index.ts';
import type { Env, FileLock } from '../env/index.ts';
import { LaneMeter, limitsOfWorld, MembershipTable } from '../store/transactions/index.ts';
import type { EngineParts } from './engine-parts.ts';
import { loadIdentity } from './identity.ts';
import type { RecoveryReport } from './node-api.ts';
import type { ResolvedOptions } from './options.ts';
import { type OpenedReplica, openReplica } from './replica.ts';
import { openTerm } from './term.ts';

/** A directory that is to be opened. */
export interface HeldDirectory {
  readonly lock: FileLock;
  readonly startMs: number;
  /** What was open until now, where one state replaces another. */
  readonly before?: EngineParts;
}

/** Log and state of a directory whose lock is held. */
export function openParts(
  env: Env,
  dataDir: string,
  options: ResolvedOptions,
  { lock, startMs, before }: HeldDirectory,
): EngineParts {
  const identity = loadIdentity(env, dataDir, options.identityDir);
  const { limits, projections } = options;
  const log = { segmentBytes: limits.segmentBytes };
  const opened = openReplica(env, dataDir, { access: 'write', limits, log, projections });
  openTerm(env, opened.log);
  const recovery = recoveryReport(env, opened, startMs);
  if (recovery.tornBytes > 0) {
    options.logger?.warn(
      `recovery set ${recovery.tornBytes} bytes of a torn tail aside: ${recovery.aside.join(', ')}`,
      { event: 'torn_tail' },
    );
  }
  before?.meter.keepSyncs(before.log.stat().syncSeconds);
  const meter = before?.meter ?? new LaneMeter();
  const found = { identity, opened, recovery, lock, damage: undefined, meter };
  return wire(env, dataDir, options, found);
}

/** The same for reading beside a writer, or before damage (`asked`: why writing was refused). */
export function readParts(
  env: Env,
  dataDir: string,
  options: ResolvedOptions,
  { startMs, asked }: { readonly startMs: number; readonly asked: AdastraError | undefined },
): EngineParts {
  const identity = loadIdentity(env, dataDir, options.identityDir);
  const { limits, projections } = options;
  const opened = openReplica(env, dataDir, { access: 'read', limits, projections });
  const found = opened.report.damage;
  if (found !== undefined && options.onDamage === 'throw') throw damageOf(found);
  const damage = asked ?? (found === undefined ? undefined : damageOf(found));
  const recovery = recoveryReport(env, opened, startMs);
  const meter = new LaneMeter();
  return wire(env, dataDir, options, {
    identity,
    opened,
    recovery,
    lock: undefined,
    damage,
    meter,
  });
}

function damageOf(damage: object & { reason?: string }): AdastraError {
  return new AdastraError('log_damaged', `the log is damaged: ${damage.reason ?? 'see details'}`, {
    hint: "open it with onDamage: 'readOnly', or repair it: adastra log repair",
    details: { ...damage },
  });
}

function wire(
  env: Env,
  dataDir: string,
  options: ResolvedOptions,
  found: {
    identity: ReturnType<typeof loadIdentity>;
    opened: OpenedReplica;
    recovery: RecoveryReport;
    lock: FileLock | undefined;
    damage: AdastraError | undefined;
    meter: LaneMeter;
  },
): EngineParts {
  const { identity, opened, recovery, lock, damage, meter } = found;
  const { replica, log } = opened;
  const stated = new MembershipTable();
  stated.load(replica.storage, replica.origins);
  const limits = limitsOfWorld(options.limits, stated.limits());
  return {
    env,
    dataDir,
    options,
    limits,
    identity,
    replica,
    log,
    recovery,
    lock,
    damage,
    meter,
  };
}

function recoveryReport(env: Env, opened: OpenedReplica, startMs: number): RecoveryReport {
  const { report, checkpointSeq, replayedCommits, rejectedCheckpoints } = opened;
  return {
    checkpointSeq,
    replayedCommits,
    headSeq: report.headSeq,
    cleanClose: report.sealed,
    tornBytes: report.torn?.bytes ?? 0,
    aside: report.torn?.files.map(({ file }) => file) ?? [],
    rejectedCheckpoints,
    durationMs: env.clock.monoMs() - startMs,
  };
}
