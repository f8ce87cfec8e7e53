/**
 * Where the state of a replica may begin, in the order in which it is tried. For L1 the newest
 * checkpoint is always best. A projection that a checkpoint lacks (it is new, or its version has
 * changed) begins where nothing is before: at commit 1, or at the base of a log that was let go.
 */
import type { Limits } from '../core/index.ts';
import type { Env } from '../env/index.ts';
import { type AnyProjection, ProjectionHost } from '../projections/index.ts';
import { listCheckpoints, readNamedSections } from '../store/checkpoint/index.ts';
import { baseSeqOf } from '../wal/index.ts';
import { checkpointDirectory } from './directory.ts';

export interface ReplicaStart {
  /** A checkpoint; `undefined`: before the first commit. */
  readonly file: string | undefined;
  /** What projections lack there is made of its entries. */
  readonly isBase: boolean;
  /** Nothing is tried after it: its error is the answer. */
  readonly isLast: boolean;
}

export interface StartOptions {
  readonly limits: Limits;
  readonly projections?: readonly AnyProjection[];
  readonly fromBase?: boolean;
  readonly fromOldest?: boolean;
  readonly untilSeq?: number;
  /** Whether a checkpoint was tried and is of no use. */
  isRejected(file: string): boolean;
}

const BEGINNING = { file: undefined, isBase: true } as const;

/** Each is looked for only when those before it were of no use. */
export function* replicaStarts(
  env: Env,
  dataDir: string,
  options: StartOptions,
): Generator<ReplicaStart, void, undefined> {
  const listed = listedFor(env, dataDir, options);
  const host = new ProjectionHost(options.projections ?? [], options.limits);
  const baseSeq = baseSeqOf(env, dataDir);
  for (const { file, seq } of listed) {
    const isBase = seq === baseSeq;
    if (isBase || hasAll(env, file, host)) yield { file, isBase, isLast: false };
  }
  if (!host.isEmpty) {
    if (baseSeq === 0) yield { ...BEGINNING, isLast: false };
    // The log before them was let go or cannot be read: what comes closest is made of entries.
    for (const { file } of listed.toReversed()) {
      if (!options.isRejected(file)) yield { file, isBase: true, isLast: false };
    }
  }
  yield { ...BEGINNING, isLast: true };
}

function listedFor(
  env: Env,
  dataDir: string,
  { fromBase, fromOldest, untilSeq = Number.POSITIVE_INFINITY }: StartOptions,
): readonly { readonly file: string; readonly seq: number }[] {
  if (fromBase === true) return [];
  const listed = listCheckpoints(env, checkpointDirectory(env, dataDir));
  return (fromOldest === true ? listed.toReversed() : listed).filter(({ seq }) => seq <= untilSeq);
}

/** One that cannot be read counts as whole: the attempt tells what is wrong with it. */
function hasAll(env: Env, file: string, host: ProjectionHost): boolean {
  if (host.isEmpty) return true;
  const sections = readNamedSections(env, file, host.sectionNames);
  return !sections.ok || host.isIn(sections.value);
}
