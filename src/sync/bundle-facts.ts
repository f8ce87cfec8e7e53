/**
 * What sync has to know of a bundle before the lane sees it: whose it is, what it depends on, and
 * its greatest stamp. The bytes are a stranger's: whatever they hold, the answer is a value.
 */
import { type BundleReader, MalformedBytes, NeedsNewerLevel } from '../core/index.ts';

export interface BundleFacts {
  readonly origin: string;
  readonly firstOriginSeq: number;
  readonly lastOriginSeq: number;
  /** What its author had applied of others, its own predecessor included. */
  readonly depends: readonly { readonly origin: string; readonly originSeq: number }[];
}

/** The header; `undefined` where it is none. */
export function bundleFacts(reader: BundleReader, bytes: Uint8Array): BundleFacts | undefined {
  try {
    reader.open(bytes, 0, bytes.length);
  } catch (error) {
    if (error instanceof MalformedBytes) return undefined;
    throw error;
  }
  const { origin, firstOriginSeq, commitCount, predecessor } = reader;
  const depends: { origin: string; originSeq: number }[] = [...reader.seen];
  if (predecessor) {
    depends.push({ origin: predecessor.origin, originSeq: predecessor.lastOriginSeq });
  }
  return { origin, firstOriginSeq, lastOriginSeq: firstOriginSeq + commitCount - 1, depends };
}

/** The greatest stamp of the commits of the bundle that `reader` has opened, or why it has none. */
export function greatestStamp(
  reader: BundleReader,
):
  | { readonly ms: number }
  | { readonly kind: 'malformed' | 'unsupported'; readonly reason: string } {
  let ms = 0;
  try {
    while (reader.nextCommit()) {
      if (reader.ms > ms) ms = reader.ms;
      while (reader.nextEvent());
    }
  } catch (error) {
    if (error instanceof MalformedBytes) return { kind: 'malformed', reason: error.message };
    if (error instanceof NeedsNewerLevel) return { kind: 'unsupported', reason: error.message };
    throw error;
  }
  return { ms };
}
