/**
 * What one message type is: its number, whether a receiver that does not know it must stop, which
 * limit holds for its length, and how its body is written and read. Bodies are written as a list of
 * parts, so that large payloads (bundles, pieces of a snapshot) are copied once only, into the
 * frames that leave.
 */
import type { ByteReader, ByteWriter } from '../../core/index.ts';
import type { TransportLimits } from '../limits.ts';

/** A body ready to be cut into frames. The parts must not change until they have been sent. */
export interface EncodedBody {
  readonly parts: readonly Uint8Array[];
  readonly byteLength: number;
}

/** `link`: about the connection itself, one frame each; `world`: between two replicas. */
export type MessageScope = 'link' | 'world';

export interface MessageFormat<M extends { readonly kind: string }> {
  readonly kind: M['kind'];
  /** 1 to 127. */
  readonly type: number;
  /** Whoever does not know the type must not go on without it. */
  readonly isCritical: boolean;
  readonly scope: MessageScope;
  /** Which limit bounds the length of the body. */
  readonly limit: keyof TransportLimits;
  encode(message: M): EncodedBody;
  /** Reads a whole body; throws `MalformedBytes`. */
  decode(reader: ByteReader): M;
}

/** A body that is one run of bytes. */
export function bodyOf(writer: ByteWriter): EncodedBody {
  return { parts: [writer.view()], byteLength: writer.length };
}
