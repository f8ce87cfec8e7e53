/**
 * Commits as the log holds them: read one by one, decoded for readers, with the links that the
 * history of a key is followed by. Reading costs no memory beyond the batch in hand.
 */
import {
  BundleReader,
  type ChangedKey,
  type Commit,
  decodeValue,
  EVENT_PUT,
  formatStamp,
  isReservedKey,
} from '../../core/index.ts';
import type { OriginTable } from '../storage/index.ts';
import type { Batch, CommitLog } from '../../wal/index.ts';
import { bundleRecord } from './bundle-record.ts';
import { LocalPartReader } from './local-part.ts';

/** A commit with what only this node knows of it. */
export interface LogCommit extends Commit {
  /** Bytes of the event before of each key, in the order of `events`: its seq, 0 if none. */
  readonly links: readonly number[];
}

/** Commits of one batch with `fromSeq ≤ seq ≤ toSeq`. */
export function* commitsOf(
  batch: Batch,
  origins: OriginTable,
  window: { fromSeq: number; toSeq: number },
): Generator<LogCommit, void, undefined> {
  const reader = new BundleReader();
  const local = new LocalPartReader();
  let seq = batch.firstSeq;
  for (const record of batch.records) {
    const bundle = bundleRecord(record);
    if (bundle === undefined) continue;
    reader.open(bundle.source, bundle.authoredStart, bundle.authoredEnd);
    local.open(bundle.source, bundle.authoredEnd, bundle.localEnd);
    while (reader.nextCommit()) {
      local.nextCommit();
      const commit = readCommit(reader, local, { seq, origins });
      if (seq >= window.fromSeq && seq <= window.toSeq) yield commit;
      seq++;
    }
  }
}

/** The commit at `seq`; `undefined` if the log does not hold it (any more). */
export function commitAt(log: CommitLog, origins: OriginTable, seq: number): LogCommit | undefined {
  if (seq <= log.baseSeq || seq > log.headSeq) return undefined;
  for (const batch of log.read(seq, { toSeq: seq })) {
    for (const commit of commitsOf(batch, origins, { fromSeq: seq, toSeq: seq })) return commit;
  }
  return undefined;
}

/** A copy of the commit without the keys that users do not see. */
export function withoutSystemKeys(commit: Commit): Commit {
  if (!commit.events.some((event) => isReservedKey(event.key))) return commit;
  return { ...commit, events: commit.events.filter((event) => !isReservedKey(event.key)) };
}

function readCommit(
  reader: BundleReader,
  local: LocalPartReader,
  place: { seq: number; origins: OriginTable },
): LogCommit {
  const { origin, originSeq, ms, counter, fields } = reader;
  const events: ChangedKey[] = [];
  const links: number[] = [];
  while (reader.nextEvent()) {
    links.push(local.nextLink());
    if (local.voidReason === undefined) local.nextEffect(place.origins);
    events.push(readEvent(reader));
  }
  const stamp = formatStamp({ ms, counter, origin, originSeq });
  const voided = local.voidReason === undefined ? {} : { void: local.voidReason };
  const base = { seq: place.seq, origin, originSeq, stamp, timeMs: ms };
  return { ...base, ...describeFields(fields), ...voided, events, links };
}

function readEvent(reader: BundleReader): ChangedKey {
  const { source, valueHead, valueStart, valueEnd, eventKind } = reader;
  const key = reader.key();
  if (eventKind !== EVENT_PUT) return { key, kind: 'remove', value: undefined };
  return { key, kind: 'put', value: decodeValue(valueHead, source, valueStart, valueEnd, false) };
}

function describeFields(fields: BundleReader['fields']): Partial<Commit> {
  if (fields === undefined) return {};
  const { actor, operations, commandId, reason, reverts, metadata } = fields;
  return {
    ...(actor === undefined ? {} : { actor }),
    ...(operations === undefined ? {} : { operations }),
    ...(commandId === undefined ? {} : { commandId }),
    ...(reason === undefined ? {} : { reason }),
    ...(reverts === undefined ? {} : { reverts }),
    ...(metadata === undefined
      ? {}
      : { metadata: decodeValue(metadata.codec, metadata.bytes, 0, metadata.bytes.length, false) }),
  };
}
