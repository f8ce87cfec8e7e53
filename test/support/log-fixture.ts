/**
 * A log in memory for the tests of `src/wal`: a world, batches with recognisable content, opening
 * and reading back, and a hand at the bytes on the disk.
 */
import type { AdastraError } from '../../src/core/index.ts';
import { MemoryFileSystem, memoryEnv, type MemoryEnv } from '../../src/env/memory/index.ts';
import { NodeCrypto } from '../../src/env/node/index.ts';
import {
  type AppendOutcome,
  BatchBuilder,
  type CommitLog,
  createLog,
  type LogOptions,
  RECORD_KIND,
  type RecoverOptions,
  type RecoveryReport,
  recoverLog,
  type SyncMode,
} from '../../src/wal/index.ts';

export const DATA = '/data';
export const WORLD: Uint8Array = new Uint8Array(16).fill(7);
export const LOG_ID: Uint8Array = new Uint8Array(16).fill(9);
const crypto = new NodeCrypto();

/** An env on this disk; a new disk with a data directory when none is given. */
export function logEnv(fs?: MemoryFileSystem): MemoryEnv {
  if (fs !== undefined) return memoryEnv({ seed: 1, crypto, fileSystem: fs });
  const fresh = new MemoryFileSystem();
  fresh.makeDirectory(DATA);
  fresh.syncDirectory('/');
  return memoryEnv({ seed: 1, crypto, fileSystem: fresh });
}

/** A log with no commits. */
export function newLog(env: MemoryEnv): void {
  const made = createLog(env, DATA, { worldId: WORLD, logId: LOG_ID, term: 1 });
  if (!made.ok) throw made.error;
}

export interface OpenedLog {
  readonly log: CommitLog;
  readonly report: RecoveryReport;
  /** What every replayed batch with commits said: `first+count:content`. */
  readonly replayed: string[];
}

/** Opens, or gives the error. */
export function tryOpen(
  env: MemoryEnv,
  options: Partial<RecoverOptions> = {},
): OpenedLog | AdastraError {
  const replayed: string[] = [];
  const opened = recoverLog(env, DATA, {
    access: 'write',
    onBatch: (batch) => {
      if (batch.count > 0) replayed.push(`${batch.firstSeq}+${batch.count}:${contentOf(batch)}`);
    },
    ...options,
  });
  return opened.ok ? { ...opened.value, replayed } : opened.error;
}

/** Opens; throws the error. */
export function openLog(env: MemoryEnv, options: Partial<RecoverOptions> = {}): OpenedLog {
  const opened = tryOpen(env, options);
  if ('log' in opened) return opened;
  throw opened;
}

/** Opens with these knobs. */
export function openWith(env: MemoryEnv, options: LogOptions): OpenedLog {
  return openLog(env, { options });
}

/** A batch of `count` seqs with one own bundle that says `content`. */
export function batchOf(content: string, count = 1): BatchBuilder {
  const batch = new BatchBuilder();
  batch.beginRecord(RECORD_KIND.ownBundle);
  const { frame } = batch;
  const bytes = new TextEncoder().encode(content);
  frame.bytes(crypto.sha256(bytes));
  frame.u32(bytes.length);
  const start = frame.length;
  frame.bytes(bytes);
  const end = frame.length;
  frame.text('local');
  batch.endBundleRecord(start, end);
  batch.count = count;
  return batch;
}

/** The authored text of the first record. */
export function contentOf(batch: {
  records: readonly { source: Uint8Array; start: number; end: number }[];
}): string {
  const record = batch.records[0];
  if (record === undefined) return '';
  return new TextDecoder().decode(record.source.slice(record.start + 36, record.end - 5));
}

/** Appends where the log stands; the outcome, `undefined` while a background flush is under way. */
export function append(
  log: CommitLog,
  content: string,
  mode: SyncMode = 'now',
  count = 1,
): AppendOutcome | undefined {
  let outcome: AppendOutcome | undefined;
  log.append(log.headSeq + 1, batchOf(content, count), mode, (done) => {
    outcome = done;
  });
  return outcome;
}

/** `readAll` of the log's n-th segment. */
export function segmentBytes(env: MemoryEnv, segment = 1): Uint8Array {
  return env.fs.readAll(`${DATA}/log/${String(segment).padStart(8, '0')}.log`);
}

export function segmentFile(segment = 1): string {
  return `${DATA}/log/${String(segment).padStart(8, '0')}.log`;
}

/** Replaces a file's bytes, durably. */
export function overwrite(env: MemoryEnv, path: string, bytes: Uint8Array): void {
  const file =
    env.fs.stat(path) === undefined ? env.fs.open(path, 'create') : env.fs.open(path, 'readWrite');
  file.truncate(0);
  if (bytes.length > 0) file.write(bytes, 0, bytes.length, 0);
  file.sync();
  file.close();
  env.fs.syncDirectory(`${DATA}/log`);
}
