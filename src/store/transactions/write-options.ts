/**
 * The options of a write, checked together; a mistake names the nearest option that exists.
 */
import {
  AdastraError,
  ByteWriter,
  type CommitFields,
  encodeValue,
  isWellFormed,
  type Limits,
  type PutOptions,
  utf8Length,
} from '../../core/index.ts';
import { isDurability } from './flusher.ts';

const KNOWN: readonly string[] = [
  'durability',
  'commandId',
  'ifSeq',
  'within',
  'ifAbsent',
  'ifStamp',
  'actor',
  'reason',
  'metadata',
  'signal',
];
const TEXT_BYTES_MAX = 4096;
const PREFIXES_MAX = 64;

/** Whether anything but the defaults is asked for. */
export function hasOptions(options: PutOptions | undefined): boolean {
  if (options === undefined) return false;
  for (const name in options) {
    if (options[name as keyof PutOptions] !== undefined || !KNOWN.includes(name)) return true;
  }
  return false;
}

/** Throws `invalid_options`, `invalid_argument` or `aborted`. */
export function checkWriteOptions(options: PutOptions, limits: Limits): void {
  if (typeof options !== 'object' || options === null) {
    throw new AdastraError('invalid_options', 'the options of a write are an object');
  }
  for (const name of Object.keys(options)) {
    if (KNOWN.includes(name)) continue;
    throw new AdastraError('invalid_options', `a write has no option ${name}`, {
      hint: `known options: ${KNOWN.join(', ')}`,
      details: { option: name },
    });
  }
  const { durability, ifSeq, commandId, actor, reason, signal } = options;
  if (durability !== undefined && !isDurability(durability))
    throw unfit('durability', "is 'always', 'interval' or 'os'");
  if (ifSeq !== undefined && (!Number.isSafeInteger(ifSeq) || ifSeq < 0))
    throw unfit('ifSeq', 'is a seq');
  checkPrefixes(options.within);
  checkText('commandId', commandId, limits.commandIdBytesMax);
  checkText('actor', actor, TEXT_BYTES_MAX);
  checkText('reason', reason, TEXT_BYTES_MAX);
  checkConditions(options);
  if (signal?.aborted === true) {
    throw new AdastraError('aborted', 'the signal was aborted before the write', {
      cause: signal.reason,
    });
  }
}

/** `ifAbsent` and `ifStamp` are about one key: where there are many they would say nothing. */
export function checkNoKeyConditions(options: PutOptions | undefined): void {
  for (const name of ['ifAbsent', 'ifStamp'] as const) {
    if (options?.[name] === undefined) continue;
    throw new AdastraError('invalid_options', `${name} is a condition of put, remove and update`, {
      hint: 'inside transact read the key through tx and decide there',
      details: { option: name },
    });
  }
}

function checkConditions({ ifAbsent, ifStamp }: PutOptions): void {
  if (ifAbsent !== undefined && typeof ifAbsent !== 'boolean')
    throw unfit('ifAbsent', 'is a boolean');
  const stamps = Array.isArray(ifStamp) && ifStamp.every((stamp) => typeof stamp === 'string');
  if (ifStamp !== undefined && typeof ifStamp !== 'string' && !stamps) {
    throw unfit('ifStamp', 'is a stamp or a list of stamps');
  }
}

function checkPrefixes(within: unknown): void {
  if (within === undefined) return;
  const isList = Array.isArray(within) && within.length > 0 && within.length <= PREFIXES_MAX;
  if (isList && within.every((prefix) => typeof prefix === 'string' && isWellFormed(prefix)))
    return;
  throw unfit('within', `is a list of 1 to ${PREFIXES_MAX} key prefixes`);
}

function checkText(name: string, text: unknown, bytesMax: number): void {
  if (text === undefined) return;
  if (typeof text !== 'string' || text.length === 0 || !isWellFormed(text))
    throw unfit(name, 'is a text');
  const actual = utf8Length(text);
  if (actual <= bytesMax) return;
  throw new AdastraError(
    'limit_exceeded',
    `${name} takes ${actual} bytes, the limit is ${bytesMax}`,
    {
      details: { limitName: name, limit: bytesMax, actual },
    },
  );
}

function unfit(name: string, what: string): AdastraError {
  return new AdastraError('invalid_options', `${name} ${what}`, { details: { option: name } });
}

/** Metadata of a commit, encoded; throws `invalid_value` or `limit_exceeded`. */
export function metadataOf(metadata: unknown, limits: Limits): CommitFields['metadata'] {
  if (metadata === undefined) return undefined;
  const writer = new ByteWriter(256);
  const bounds = { valueBytesMax: limits.metadataBytesMax, depthMax: limits.depthMax };
  const codec = encodeValue(writer, metadata, bounds);
  return { codec, bytes: writer.toBytes() };
}
