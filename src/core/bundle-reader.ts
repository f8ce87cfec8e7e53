/**
 * Reads a bundle as a cursor: the header at once, then commit by commit and event by event into the
 * same object, so that a replay of a million events allocates nothing for them. What it meets may
 * be anything: it throws `MalformedBytes` for every shape that `BundleWriter` does not write, and
 * `unsupported` tells what a newer format or world level would have written.
 */
import {
  BUNDLE_FIRST_OF_INCARNATION,
  BUNDLE_FIXED_BYTES,
  BUNDLE_FORMAT,
  BUNDLE_OFFSET_BASE_MS,
  BUNDLE_OFFSET_COUNT,
  BUNDLE_OFFSET_FIRST_ORIGIN_SEQ,
  BUNDLE_OFFSET_FLAGS,
  BUNDLE_OFFSET_ORIGIN,
  COMMIT_ACTOR,
  COMMIT_COMMAND_ID,
  COMMIT_FIELDS_KNOWN,
  COMMIT_METADATA,
  COMMIT_OPERATIONS,
  COMMIT_REASON,
  COMMIT_REVERTS,
  type CommitFields,
  DIGEST_SHA256,
  EVENT_KIND_MASK,
  EVENT_META,
  EVENT_PUT,
  EVENT_REMOVE,
  NeedsNewerLevel,
  type Predecessor,
  type SeenEntry,
  VALUE_CODEC_MASK,
} from './bundle-format.ts';
import { equalRun } from './byte-run.ts';
import { ByteReader, MalformedBytes, readU32, readU48 } from './byte-reader.ts';
import { KEY_ID_BYTES, ORIGIN_BYTES, originText } from './origin.ts';
import { readUtf8, utf8Length, writeUtf8 } from './text.ts';

const DIGEST_HEAD_BYTES = 8;
const NO_ORIGIN_TEXT = originText(new Uint8Array(ORIGIN_BYTES));
const KEY_BYTES_MAX = 0xffff;

export class BundleReader {
  readonly #reader = new ByteReader(new Uint8Array(0));
  #commitsLeft = 0;
  #eventsLeft = 0;
  #baseMs = 0;

  // Of the bundle
  origin = '';
  originOffset = 0;
  term = 0;
  firstOriginSeq = 0;
  commitCount = 0;
  /** `undefined` where this is not an incarnation's first bundle, `null` where none came before. */
  predecessor: Predecessor | null | undefined = undefined;
  seen: readonly SeenEntry[] = [];

  // Of the commit that the cursor stands in
  ms = 0;
  counter = 0;
  originSeq = 0;
  eventCount = 0;
  fields: CommitFields | undefined = undefined;

  // Of the event that the cursor stands on
  eventKind = 0;
  keyStart = 0;
  keyEnd = 0;
  valueHead = 0;
  valueStart = 0;
  valueEnd = 0;
  meta: Uint8Array | undefined = undefined;

  get source(): Uint8Array {
    return this.#reader.source;
  }

  /** Stands before the first commit of the bundle in `source[start…end)`. */
  open(source: Uint8Array, start: number, end: number): void {
    const reader = this.#reader;
    reader.rewind(source, start, end);
    reader.skip(BUNDLE_FIXED_BYTES);
    if (source[start] !== BUNDLE_FORMAT) throw new MalformedBytes(`bundle format ${source[start]}`);
    const flags = source[start + BUNDLE_OFFSET_FLAGS] as number;
    if ((flags & ~BUNDLE_FIRST_OF_INCARNATION) !== 0)
      throw new MalformedBytes('unknown bundle flags');
    if (source[start + 2] !== DIGEST_SHA256) throw new MalformedBytes('unknown digest kind');
    if (source[start + 3] !== 0) throw new MalformedBytes('unknown compression');
    this.commitCount = readU32(source, start + BUNDLE_OFFSET_COUNT);
    this.originOffset = start + BUNDLE_OFFSET_ORIGIN;
    this.origin = originText(source, this.originOffset);
    this.firstOriginSeq = readU48(source, start + BUNDLE_OFFSET_FIRST_ORIGIN_SEQ);
    this.#baseMs = readU48(source, start + BUNDLE_OFFSET_BASE_MS);
    this.term = reader.varint();
    this.predecessor = flags === 0 ? undefined : readPredecessor(reader, this.origin);
    this.seen = readSeen(reader, this.origin);
    this.originSeq = this.firstOriginSeq - 1;
    this.#commitsLeft = this.commitCount;
    this.#eventsLeft = 0;
    if (this.commitCount === 0 || this.firstOriginSeq === 0)
      throw new MalformedBytes('empty bundle');
    if ((flags === 0) !== this.firstOriginSeq > 1) {
      throw new MalformedBytes('an incarnation names the one before it in its first bundle');
    }
  }

  /** Moves to the next commit; every event of the one before must have been read. */
  nextCommit(): boolean {
    const reader = this.#reader;
    if (this.#eventsLeft > 0) throw new MalformedBytes('events left unread');
    if (this.#commitsLeft === 0) {
      reader.finish();
      return false;
    }
    this.#commitsLeft--;
    this.originSeq++;
    this.ms = this.#baseMs + reader.varint();
    this.counter = reader.varint();
    if (this.counter > 0xffff || this.ms > 0xffff_ffff_ffff)
      throw new MalformedBytes('stamp too large');
    const flags = reader.varint();
    this.fields = flags === 0 ? undefined : readFields(reader, flags);
    this.eventCount = reader.varint();
    this.#eventsLeft = this.eventCount;
    return true;
  }

  /** Moves to the next event of this commit. */
  nextEvent(): boolean {
    if (this.#eventsLeft === 0) return false;
    this.#eventsLeft--;
    const reader = this.#reader;
    const head = reader.u8();
    this.eventKind = head & EVENT_KIND_MASK;
    if ((head & ~(EVENT_KIND_MASK | EVENT_META)) !== 0 || this.eventKind > EVENT_REMOVE) {
      throw new NeedsNewerLevel(`event head ${head} needs a newer world level`);
    }
    const keyLength = reader.varint();
    if (keyLength === 0 || keyLength > KEY_BYTES_MAX) throw new MalformedBytes('key length');
    this.keyStart = reader.skip(keyLength);
    this.keyEnd = this.keyStart + keyLength;
    this.meta = (head & EVENT_META) === 0 ? undefined : reader.lengthAndBytes();
    if (this.eventKind === EVENT_PUT) this.#readValue();
    else this.valueHead = this.valueStart = this.valueEnd = 0;
    return true;
  }

  /** Where the next commit or event begins. */
  get offset(): number {
    return this.#reader.offset;
  }

  /** The key of an event that a stranger wrote; throws `MalformedBytes` if it is not UTF-8. */
  checkedKey(): string {
    const { source } = this.#reader;
    const key = this.key();
    if (!key.includes('\ufffd')) return key;
    const bytes = new Uint8Array(utf8Length(key));
    writeUtf8(bytes, 0, key);
    if (!equalRun(source, this.keyStart, this.keyEnd, bytes)) {
      throw new MalformedBytes('a key is not UTF-8');
    }
    return key;
  }

  /** The key of the event as text. */
  key(): string {
    return readUtf8(this.#reader.source, this.keyStart, this.keyEnd);
  }

  #readValue(): void {
    const reader = this.#reader;
    this.valueHead = reader.u8();
    if ((this.valueHead & ~VALUE_CODEC_MASK) !== 0) {
      throw new NeedsNewerLevel(`value head ${this.valueHead} needs a newer world level`);
    }
    const length = reader.varint();
    this.valueStart = reader.skip(length);
    this.valueEnd = this.valueStart + length;
  }
}

function readPredecessor(reader: ByteReader, author: string): Predecessor | null {
  const at = reader.skip(ORIGIN_BYTES);
  const origin = originText(reader.source, at);
  if (origin === NO_ORIGIN_TEXT) return null;
  const lastOriginSeq = reader.varint();
  const ofThisKey = origin.startsWith(author.slice(0, KEY_ID_BYTES * 2)) && origin !== author;
  if (!ofThisKey || lastOriginSeq === 0) throw new MalformedBytes('no incarnation of this key');
  return { origin, lastOriginSeq, digestHead: reader.bytes(DIGEST_HEAD_BYTES) };
}

const NOTHING_SEEN: readonly SeenEntry[] = [];

/** Sorted by origin, each once, never the author: what is said has one form. */
function readSeen(reader: ByteReader, author: string): readonly SeenEntry[] {
  const count = reader.varint();
  if (count === 0) return NOTHING_SEEN;
  const seen: SeenEntry[] = [];
  for (let index = 0; index < count; index++) {
    const at = reader.skip(ORIGIN_BYTES);
    const origin = originText(reader.source, at);
    const before = seen[index - 1]?.origin ?? NO_ORIGIN_TEXT;
    if (origin <= before || origin === author) throw new MalformedBytes('seen is out of order');
    seen.push({ origin, originSeq: reader.varint(), digestHead: reader.bytes(DIGEST_HEAD_BYTES) });
  }
  return seen;
}

function readFields(reader: ByteReader, flags: number): CommitFields {
  if ((flags & ~COMMIT_FIELDS_KNOWN) !== 0) throw new NeedsNewerLevel('unknown commit fields');
  const actor = (flags & COMMIT_ACTOR) === 0 ? undefined : reader.lengthAndText();
  const operations = (flags & COMMIT_OPERATIONS) === 0 ? undefined : readOperations(reader);
  const commandId = (flags & COMMIT_COMMAND_ID) === 0 ? undefined : reader.lengthAndText();
  const reason = (flags & COMMIT_REASON) === 0 ? undefined : reader.lengthAndText();
  const reverts = (flags & COMMIT_REVERTS) === 0 ? undefined : readReverts(reader);
  const metadata =
    (flags & COMMIT_METADATA) === 0
      ? undefined
      : { codec: reader.u8(), bytes: reader.lengthAndBytes() };
  return { actor, operations, commandId, reason, reverts, metadata };
}

function readOperations(reader: ByteReader): { name: string; version: number }[] {
  const operations: { name: string; version: number }[] = [];
  for (let count = reader.varint(); count > 0; count--) {
    operations.push({ name: reader.lengthAndText(), version: reader.varint() });
  }
  return operations;
}

function readReverts(reader: ByteReader): { origin: string; originSeq: number } {
  const at = reader.skip(ORIGIN_BYTES);
  return { origin: originText(reader.source, at), originSeq: reader.varint() };
}
