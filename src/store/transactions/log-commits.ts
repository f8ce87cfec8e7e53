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
import { type Batch, type CommitLog, type LogRecord, RECORD_KIND } from '../../wal/index.ts';
import { bundleRecord } from './bundle-record.ts';
import type { Effect } from './effect.ts';
import { LocalPartReader } from './local-part.ts';
import { changedKeyOf, readViewChange } from './view-change.ts';

/** A commit with what only this node knows of it. */
export interface LogCommit extends Commit {
  /** Bytes of the event before of each key, in the order of `events`: its seq, 0 if none. */
  readonly links: readonly number[];
  /** What stood beside each event from then on; `undefined` where the event stood alone. */
  readonly effects: readonly (Effect | undefined)[];
}

/** Commits of one batch with `fromSeq ≤ seq ≤ toSeq`. */
export function* commitsOf(
  batch: Batch,
  window: { fromSeq: number; toSeq: number },
): Generator<LogCommit, void, undefined> {
  const reader = new BundleReader();
  const local = new LocalPartReader();
  let seq = batch.firstSeq;
  for (const record of batch.records) {
    if (seq > window.toSeq) return;
    if (record.kind === RECORD_KIND.viewChanged) {
      if (seq >= window.fromSeq) yield readViews(record, seq);
      seq++;
      continue;
    }
    const bundle = bundleRecord(record);
    if (bundle === undefined) continue;
    reader.open(bundle.source, bundle.authoredStart, bundle.authoredEnd);
    local.open(bundle.source, bundle.authoredEnd, bundle.localEnd);
    while (reader.nextCommit()) {
      local.nextCommit();
      if (seq > window.toSeq) return;
      // One commit is often wanted out of a bundle of hundreds: their values are not decoded.
      if (seq < window.fromSeq) passOver(reader, local);
      else yield readCommit(reader, local, seq);
      seq++;
    }
  }
}

/** The commit at `seq`; `undefined` if the log does not hold it (any more). */
export function commitAt(log: CommitLog, seq: number): LogCommit | undefined {
  if (seq <= log.baseSeq || seq > log.headSeq) return undefined;
  for (const batch of log.read(seq, { toSeq: seq })) {
    for (const commit of commitsOf(batch, { fromSeq: seq, toSeq: seq })) return commit;
  }
  return undefined;
}

/** A copy of the commit without the keys that users do not see. */
export function withoutSystemKeys(commit: Commit): Commit {
  if (!commit.events.some((event) => isReservedKey(event.key))) return commit;
  return { ...commit, events: commit.events.filter((event) => !isReservedKey(event.key)) };
}

/** A changed view, as a commit without origin: what readers got from then on. */
function readViews(record: LogRecord, seq: number): LogCommit {
  const { timeMs, reason, keys } = readViewChange(record);
  const events = keys.map(changedKeyOf);
  const place = { seq, origin: undefined, originSeq: 0, stamp: '', timeMs };
  const effects = keys.map(({ effect }) => effect);
  return { ...place, reason, events, links: keys.map(({ link }) => link), effects };
}

function passOver(reader: BundleReader, local: LocalPartReader): void {
  while (reader.nextEvent()) {
    local.nextLink();
    if (local.voidReason === undefined) local.nextEffect();
  }
}

function readCommit(reader: BundleReader, local: LocalPartReader, seq: number): LogCommit {
  const { origin, originSeq, ms, counter, fields } = reader;
  const events: ChangedKey[] = [];
  const links: number[] = [];
  const effects: (Effect | undefined)[] = [];
  while (reader.nextEvent()) {
    links.push(local.nextLink());
    effects.push(local.voidReason === undefined ? local.nextEffect() : undefined);
    events.push(readEvent(reader));
  }
  const stamp = formatStamp({ ms, counter, origin, originSeq });
  const voided = local.voidReason === undefined ? {} : { void: local.voidReason };
  const base = { seq, origin, originSeq, stamp, timeMs: ms };
  return { ...base, ...describeFields(fields), ...voided, events, links, effects };
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
