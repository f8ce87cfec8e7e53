/**
 * A received bundle as it goes into the log: checked, placed, judged and decided, with the signed
 * head that ends there. Its bytes are those that its author sealed.
 */
import type { SignedHead } from '../../core/index.ts';
import { RECORD_KIND } from '../../wal/index.ts';
import type { PendingBatch } from './pending-batch.ts';
import { writeHead } from './signed-head.ts';
import type { Statement } from './statement.ts';

export interface ReceivedBundle {
  readonly bytes: Uint8Array;
  readonly origin: string;
  readonly commitCount: number;
  readonly lastOriginSeq: number;
  /** Chain digest behind it. */
  readonly digest: Uint8Array;
  /** Effects, as `local-part.ts` encodes them. */
  readonly localPart: Uint8Array;
  /** What its valid commits state. */
  readonly statements: readonly Statement[];
  /** The signature that vouches for it and all before it, where it ends there. */
  readonly head: SignedHead | undefined;
}

/** Adds its record, whose first commit takes `firstSeq`, and behind it what vouches for it. */
export function writeReceived(batch: PendingBatch, bundle: ReceivedBundle, firstSeq: number): void {
  const { builder } = batch;
  if (builder.isEmpty) batch.firstSeq = firstSeq;
  builder.beginRecord(RECORD_KIND.receivedBundle);
  const { frame } = builder;
  frame.bytes(bundle.digest);
  frame.u32(bundle.bytes.length);
  const start = frame.length;
  frame.bytes(bundle.bytes);
  const end = frame.length;
  frame.bytes(bundle.localPart);
  builder.endBundleRecord(start, end);
  builder.count += bundle.commitCount;
  if (bundle.head === undefined) return;
  builder.beginRecord(RECORD_KIND.signedHead);
  writeHead(frame, bundle.head);
  builder.endRecord();
  batch.heads.push(bundle.head);
}
