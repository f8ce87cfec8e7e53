/**
 * What makes two requests under one commandId the same: their operations, arguments and conditions,
 * canonically encoded and hashed. For a function nothing can be compared; its hash is all zeros,
 * and a retry gets the first receipt without the function being run.
 */
import {
  AdastraError,
  ByteWriter,
  encodeValue,
  equalBytes,
  type Limits,
  type PutOptions,
} from '../../core/index.ts';
import type { Crypto } from '../../env/index.ts';
import { REQUEST_HASH_BYTES } from './local-part.ts';

export interface CommandRequest {
  readonly operations: readonly { readonly op: string; readonly args: unknown }[];
  readonly conditions?: PutOptions | undefined;
}

const FUNCTION_HASH = new Uint8Array(REQUEST_HASH_BYTES);
/** Arguments nest one level deeper than the values in them, and may hold many. */
const ARGUMENT_DEPTH = 8;

export function requestHashOf(
  crypto: Crypto,
  limits: Limits,
  request: CommandRequest | undefined,
): Uint8Array {
  if (request === undefined) return FUNCTION_HASH;
  const writer = new ByteWriter(1024);
  const bounds = {
    valueBytesMax: limits.commitBytesMax * 2,
    depthMax: limits.depthMax + ARGUMENT_DEPTH,
  };
  for (const { op, args } of request.operations) {
    writer.lengthAndText(op);
    writer.u8(encodeValue(writer, args ?? null, bounds));
  }
  const { ifAbsent, ifStamp, ifSeq } = request.conditions ?? {};
  encodeValue(
    writer,
    { ifAbsent: ifAbsent ?? null, ifStamp: ifStamp ?? null, ifSeq: ifSeq ?? null },
    bounds,
  );
  return crypto.sha256(writer.view()).slice(0, REQUEST_HASH_BYTES);
}

export function sameRequest(left: Uint8Array, right: Uint8Array): boolean {
  return equalBytes(left, right);
}

/** The error for a commandId that stands for something else. */
export function commandMismatch(commandId: string): AdastraError {
  return new AdastraError(
    'command_mismatch',
    `command ${JSON.stringify(commandId)} was committed with other content`,
    {
      hint: 'a commandId names one request for ever: use a new one for a new request',
      details: { commandId },
    },
  );
}
