/**
 * Which own commits of a lost branch the new base is without. Both branches use the same numbers,
 * and where they part nobody wrote down; what stands in the base tells: a sibling with the number
 * and the stamp of a commit of this log is that commit, and all before it are in both branches;
 * one with another stamp is of the other branch, and all from it on are lost. In between nothing
 * tells any more: such commits are shown as dead letters, so that none is lost or comes twice.
 */
import { jsonOf, parseStamp, type Value } from '../../core/index.ts';
import { valueOfCell } from '../../store/operations/index.ts';
import { type Cell, KIND_PUT } from '../../store/storage/index.ts';
import { commitsOf, type LogCommit } from '../../store/transactions/index.ts';
import type { CommitLog } from '../../wal/index.ts';
import type { Replica } from '../replica.ts';
import type { LostBranch } from './fork.ts';
import { type FateOf, nameOf } from './originals.ts';

export interface BranchFates {
  readonly of: FateOf;
  /** Whether a bundle that ends there is of the branch that did not stay. */
  isOver(origin: string, lastOriginSeq: number): boolean;
}

/** What the base holds of a branch's origin. */
interface Standing {
  readonly key: string;
  readonly cell: Cell;
}

interface Bounds {
  /** The last commit that is in both branches, as far as is seen. */
  common: number;
  /** The first that is lost, as far as is seen. */
  lost: number;
}

/** Reads the log once where there is a lost branch. */
export function fatesOf(
  log: CommitLog,
  { storage, origins }: Replica,
  branches: readonly LostBranch[],
): BranchFates {
  const bounds = new Map<string, Bounds>();
  if (branches.length === 0) return { of: () => 'kept', isOver: () => false };
  const standing = new Map<string, Standing[]>();
  const names = new Set(branches.map(({ origin }) => origin));
  const cursor = storage.range({ includeSystem: true, includeAbsent: true });
  while (cursor.next()) {
    for (const cell of cursor.entry().siblings) {
      const origin = origins.text(cell.origin);
      if (!names.has(origin)) continue;
      const name = nameOf({ origin, originSeq: cell.originSeq });
      standing.set(name, [...(standing.get(name) ?? []), { key: cursor.key, cell }]);
    }
  }
  for (const { origin, firstOriginSeq } of branches) {
    bounds.set(origin, { common: 0, lost: firstOriginSeq });
  }
  if (log.headSeq > log.baseSeq) compare(log, standing, bounds);
  return {
    of: (origin, originSeq) => {
      const bound = bounds.get(origin);
      if (bound === undefined || originSeq <= bound.common) return 'kept';
      return originSeq >= bound.lost ? 'lost' : 'unsure';
    },
    isOver: (origin, lastOriginSeq) =>
      lastOriginSeq >= (bounds.get(origin)?.lost ?? Number.POSITIVE_INFINITY),
  };
}

function compare(
  log: CommitLog,
  standing: ReadonlyMap<string, readonly Standing[]>,
  bounds: ReadonlyMap<string, Bounds>,
): void {
  for (const batch of log.read(log.baseSeq + 1)) {
    for (const commit of commitsOf(batch, { fromSeq: batch.firstSeq, toSeq: log.headSeq })) {
      const { origin, originSeq } = commit;
      const bound = origin === undefined ? undefined : bounds.get(origin);
      if (origin === undefined || bound === undefined) continue;
      const found = standing.get(nameOf({ origin, originSeq }));
      if (found === undefined) continue;
      if (found.every((one) => isOf(commit, one))) bound.common = Math.max(bound.common, originSeq);
      else bound.lost = Math.min(bound.lost, originSeq);
    }
  }
}

/** Two images may write at one instant: the stamp alone tells nothing. */
function isOf({ events, stamp }: LogCommit, { key, cell }: Standing): boolean {
  const event = events.find((one) => one.key === key);
  const at = parseStamp(stamp);
  if (event === undefined || at?.ms !== cell.ms || at.counter !== cell.counter) return false;
  const isPut = cell.kind === KIND_PUT;
  if (isPut !== (event.kind === 'put')) return false;
  return !isPut || textOf(event.value) === textOf(valueOfCell(cell));
}

function textOf(value: Value | undefined): string {
  return value === undefined ? '' : JSON.stringify(jsonOf(value));
}
