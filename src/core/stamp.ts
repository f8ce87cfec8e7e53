/**
 * The version of a write: hybrid logical clock, origin, originSeq; totally ordered, and never the
 * same for two writes (INV-9). Outside the engine a stamp is an opaque string: compare it for
 * equality, hand it back, never read it. Its text is `<ms>.<counter>.<originSeq>.<origin>`, numbers
 * in decimal (which engines turn into text several times faster than any other base).
 */
import { AdastraError } from './errors.ts';
import { isHlc } from './hlc.ts';

export interface Stamp {
  /** Milliseconds since the Unix epoch, below 2^48. */
  readonly ms: number;
  /** Below 2^16. */
  readonly counter: number;
  /** `<32 hex key id>.<32 hex incarnation>`. */
  readonly origin: string;
  /** Position among the commits of the origin, from 1. */
  readonly originSeq: number;
}

const TEXT = /^(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.([1-9][0-9]*)\.([0-9a-f]{32}\.[0-9a-f]{32})$/;
const TEXT_LENGTH_MAX = 112;

/** The opaque text of a stamp. */
export function formatStamp(stamp: Stamp): string {
  const { ms, counter, originSeq, origin } = stamp;
  return `${ms}.${counter}.${originSeq}.${origin}`;
}

/** The stamp of a text that `formatStamp` made; throws `invalid_argument` for any other. */
export function parseStamp(text: unknown): Stamp {
  const parts = typeof text === 'string' && text.length <= TEXT_LENGTH_MAX ? TEXT.exec(text) : null;
  if (parts === null) throw malformed(text);
  const ms = Number(parts[1]);
  const counter = Number(parts[2]);
  const originSeq = Number(parts[3]);
  if (!isHlc(ms, counter) || !Number.isSafeInteger(originSeq)) throw malformed(text);
  return { ms, counter, origin: parts[4] as string, originSeq };
}

function malformed(text: unknown): AdastraError {
  const shown =
    typeof text === 'string' ? JSON.stringify(text.slice(0, TEXT_LENGTH_MAX)) : typeof text;
  return new AdastraError('invalid_argument', `${shown} is not a stamp`, {
    hint: 'pass a stamp exactly as a receipt or getEntry gave it',
  });
}

/** Total order: ms, counter, origin, originSeq; negative, 0 or positive. */
export function compareStamps(a: Stamp, b: Stamp): number {
  if (a.ms !== b.ms) return a.ms - b.ms;
  if (a.counter !== b.counter) return a.counter - b.counter;
  if (a.origin !== b.origin) return a.origin < b.origin ? -1 : 1;
  return a.originSeq - b.originSeq;
}
