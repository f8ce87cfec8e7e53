/**
 * What a query gave, encoded. So the caller has a copy that no later commit changes, answers of a
 * node in this process and of one behind a socket are the same, and equal answers are known by
 * their bytes.
 */
import { ByteWriter, decodeValue, encodeValue, equalBytes, type Value } from '../core/index.ts';
import type { HostedLimits } from './hosted-projection.ts';

export interface Answer {
  readonly codec: number;
  /** `undefined` for an answer that is `undefined`. */
  readonly bytes: Uint8Array | undefined;
}

/** Throws `invalid_value` for what is no value, `limit_exceeded` for what is too much. */
export function encodeAnswer(
  result: unknown,
  { projectionBytesMax: valueBytesMax, depthMax }: HostedLimits,
): Answer {
  if (result === undefined) return { codec: 0, bytes: undefined };
  const writer = new ByteWriter(256);
  const codec = encodeValue(writer, result, { valueBytesMax, depthMax });
  return { codec, bytes: writer.toBytes() };
}

/** A copy of its own at each call. */
export function valueOfAnswer({ codec, bytes }: Answer): Value | undefined {
  return bytes === undefined ? undefined : decodeValue(codec, bytes, 0, bytes.length, false);
}

export function sameAnswer(left: Answer, right: Answer): boolean {
  if (left.codec !== right.codec) return false;
  if (left.bytes === undefined || right.bytes === undefined) return left.bytes === right.bytes;
  return equalBytes(left.bytes, right.bytes);
}
