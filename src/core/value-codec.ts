/**
 * Values ⇄ bytes, one encoding for each value: codec 1 is the bytes of a value that is a
 * `Uint8Array` itself, codec 2 canonical JSON text, codec 3 the same with tags, used exactly when a
 * tag is needed. So equal values have equal bytes, and `encode(decode(bytes))` gives the bytes
 * back; hashes, the log and peers only ever see bytes. What would not come back equal is refused
 * here, by path.
 *
 * Decoding trusts its bytes: what comes from a peer or a file goes through `validateEncoded` first.
 */
import { copyBytes, equalRun } from './byte-run.ts';
import { ByteWriter } from './byte-writer.ts';
import { AdastraError } from './errors.ts';
import { parseJson } from './json-reader.ts';
import { readUtf8 } from './text.ts';
import type { Value } from './value.ts';
import { invalidValue, valueTooLarge } from './value-fault.ts';
import { valueOfJson } from './value-json.ts';
import { type ValueLimits, ValueWriter } from './value-writer.ts';

/** The value is a `Uint8Array`; its bytes as they are. */
export const CODEC_BYTES = 1;
/** Canonical JSON text without tags. */
export const CODEC_JSON = 2;
/** Canonical JSON text with at least one tag. */
export const CODEC_TAGGED_JSON = 3;

const SCRATCH_BYTES_KEPT = 64 * 1024;
const walker = new ValueWriter();
const scratch = new ByteWriter(SCRATCH_BYTES_KEPT);
let walking = false;

/**
 * Appends the bytes of `value` and returns the codec id. Throws `invalid_value` (with the path) or
 * `limit_exceeded`, and then leaves `writer.length` as it was.
 */
export function encodeValue(writer: ByteWriter, value: unknown, limits: ValueLimits): number {
  if (typeof value === 'object' && value instanceof Uint8Array && ArrayBuffer.isView(value)) {
    if (value.length > limits.valueBytesMax)
      throw valueTooLarge(limits.valueBytesMax, value.length);
    writer.bytes(value);
    return CODEC_BYTES;
  }
  // Only a getter or a proxy inside the value being written can get here while a walk is under way.
  if (walking)
    throw invalidValue('$', 'was given by a getter while another value was being encoded');
  const start = writer.length;
  walking = true;
  let complete = false;
  try {
    walker.write(writer, value, limits);
    complete = true;
  } finally {
    walking = false;
    if (!complete) {
      writer.length = start;
      walker.clear();
    }
  }
  return walker.tagged ? CODEC_TAGGED_JSON : CODEC_JSON;
}

/**
 * The value of encoded bytes, a copy of its own at each call. `ascii` says that all bytes are below
 * 0x80, which is quicker. The bytes must be known to be good.
 */
export function decodeValue(
  codec: number,
  source: Uint8Array,
  start: number,
  end: number,
  ascii: boolean,
): Value {
  if (codec === CODEC_JSON) {
    if (ascii) return parseJson(source, start, end);
    return JSON.parse(readUtf8(source, start, end)) as Value;
  }
  if (codec === CODEC_BYTES) return copyBytes(source, start, end);
  if (codec === CODEC_TAGGED_JSON)
    return valueOfJson(JSON.parse(readUtf8(source, start, end, ascii)));
  throw new AdastraError('upgrade_needed', `values of codec ${codec} need a newer version`, {
    details: { codec },
  });
}

/**
 * Why these bytes are not what `encodeValue` would write for any value, or `undefined` if they are.
 * For bytes that others made: never throws, and refuses deep nesting before it parses.
 */
export function validateEncoded(
  codec: number,
  source: Uint8Array,
  start: number,
  end: number,
  limits: ValueLimits,
): string | undefined {
  const bytes = end - start;
  if (bytes > limits.valueBytesMax)
    return `value of ${bytes} bytes, the limit is ${limits.valueBytesMax}`;
  if (codec === CODEC_BYTES) return undefined;
  if (codec !== CODEC_JSON && codec !== CODEC_TAGGED_JSON) return `unknown codec ${codec}`;
  // Each list or object may stand in one `$object`, and one tag may stand innermost.
  if (nestedDeeper(source, start, end, 2 * limits.depthMax + 1)) {
    return `value nested deeper than ${limits.depthMax}`;
  }
  scratch.reset();
  try {
    const again = encodeValue(scratch, decodeValue(codec, source, start, end, false), limits);
    if (again !== codec) return `codec ${codec} where codec ${again} is due`;
    if (!equalRun(source, start, end, scratch.buffer, scratch.length))
      return 'value not in canonical form';
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    scratch.reset();
    scratch.shrink(SCRATCH_BYTES_KEPT);
  }
}

/** Whether brackets outside strings nest deeper than `limit`; a scan, whatever the text is. */
function nestedDeeper(source: Uint8Array, start: number, end: number, limit: number): boolean {
  let depth = 0;
  let inText = false;
  for (let index = start; index < end; index++) {
    const byte = source[index];
    if (byte === 0x22) inText = !inText;
    else if (inText) {
      if (byte === 0x5c) index++;
    } else if (byte === 0x5b || byte === 0x7b) {
      if (++depth > limit) return true;
    } else if (byte === 0x5d || byte === 0x7d) depth--;
  }
  return false;
}
