/**
 * What this node has applied although it lies behind the end of a closed member: it came while the
 * end was not known here yet (a node that joined or synced concurrently, or the closed member
 * itself). Told by the log alone: such a commit stands before the statement that ends it, since
 * behind it nothing of that kind is taken any more.
 */
import { BundleReader, ByteReader, INCARNATION_BYTES, Vector } from '../../core/index.ts';
import { bundleRecord, type Lane } from '../../store/transactions/index.ts';
import type { CommitLog } from '../../wal/index.ts';

/** A run of one origin that counts nowhere any more. */
export interface BeyondEnd {
  readonly origin: string;
  /** The last originSeq that counts. */
  readonly end: number;
  /** It lies before where the log begins: only a snapshot of another node is without it. */
  readonly inBase: boolean;
}

interface Suspect {
  readonly origin: string;
  readonly end: number;
  readonly statement: { readonly origin: string; readonly originSeq: number };
}

/**
 * Reads the log once, and only where an origin goes beyond an end that somebody stated. `settled`
 * names what was looked at and found good before, and is added to.
 */
export function beyondEnds(log: CommitLog, lane: Lane, settled: Set<string>): BeyondEnd[] {
  const suspects = suspectsOf(lane).filter((suspect) => !settled.has(nameOf(suspect)));
  if (suspects.length === 0) return [];
  const base = log.baseVector.length === 0 ? new Vector() : vectorOf(log.baseVector);
  const found: BeyondEnd[] = [];
  const open: Suspect[] = [];
  for (const suspect of suspects) {
    const { origin, end, statement } = suspect;
    if (base.originSeqOf(statement.origin) >= statement.originSeq) settled.add(nameOf(suspect));
    else if (base.originSeqOf(origin) > end) found.push({ origin, end, inBase: true });
    else open.push(suspect);
  }
  return [...found, ...inLog(log, open, settled)];
}

function inLog(log: CommitLog, open: readonly Suspect[], settled: Set<string>): BeyondEnd[] {
  const found = new Map<string, BeyondEnd>();
  let left = [...open];
  const reader = new BundleReader();
  if (left.length === 0) return [];
  for (const batch of log.read(log.baseSeq + 1)) {
    for (const record of batch.records) {
      const bundle = bundleRecord(record);
      if (bundle === undefined) continue;
      reader.open(bundle.source, bundle.authoredStart, bundle.authoredEnd);
      const { origin, firstOriginSeq, commitCount } = reader;
      const last = firstOriginSeq + commitCount - 1;
      for (const { origin: author, end } of left) {
        if (author !== origin || last <= end) continue;
        found.set(`${origin} ${end}`, { origin, end, inBase: false });
      }
      // From the statement on nothing beyond its end is taken.
      left = left.filter(
        ({ statement }) => statement.origin !== origin || statement.originSeq > last,
      );
    }
    if (left.length === 0) break;
  }
  for (const suspect of open) {
    if (!found.has(`${suspect.origin} ${suspect.end}`)) settled.add(nameOf(suspect));
  }
  return [...found.values()];
}

function suspectsOf({ vector, membership }: Lane): Suspect[] {
  const suspects: Suspect[] = [];
  const closings = membership.table.closings();
  if (closings.length === 0) return suspects;
  for (const [origin, { originSeq }] of vector.entries()) {
    for (const statement of closings) {
      if (statement.body.kind !== 'closed' || !origin.startsWith(`${statement.subject}.`)) continue;
      const end = statement.body.ends.get(origin.slice(-INCARNATION_BYTES * 2)) ?? 0;
      if (originSeq > end) suspects.push({ origin, end, statement });
    }
  }
  return suspects;
}

function nameOf({ origin, statement }: Suspect): string {
  return `${origin} ${statement.origin}/${statement.originSeq}`;
}

function vectorOf(bytes: Uint8Array): Vector {
  return Vector.decode(new ByteReader(bytes));
}
