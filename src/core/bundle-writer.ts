/**
 * Writes one bundle at a time into a `ByteWriter` that somebody else owns (the batch being
 * gathered), so that an event's bytes are written once, where they will leave for the disk. The
 * caller appends commits while the bundle is open; `close` patches the count.
 */
import {
  BUNDLE_FIRST_OF_INCARNATION,
  BUNDLE_FORMAT,
  BUNDLE_OFFSET_COUNT,
  COMMIT_ACTOR,
  COMMIT_COMMAND_ID,
  COMMIT_METADATA,
  COMMIT_OPERATIONS,
  COMMIT_REASON,
  COMMIT_REVERTS,
  type CommitFields,
  DIGEST_SHA256,
  EVENT_META,
  EVENT_REMOVE,
  type Predecessor,
  type SeenEntry,
} from './bundle-format.ts';
import type { ByteWriter } from './byte-writer.ts';
import { originBytes } from './origin.ts';

export interface BundleHead {
  readonly origin: Uint8Array;
  readonly term: number;
  readonly firstOriginSeq: number;
  readonly baseMs: number;
  /**
   * Set in an incarnation's first bundle; `null` there if no incarnation of this key came before.
   */
  readonly predecessor?: Predecessor | null | undefined;
  /** What is new of other origins since this origin's bundle before; whole in the first. */
  readonly seen: readonly SeenEntry[];
}

export class BundleWriter {
  #writer: ByteWriter;
  #start = 0;
  #baseMs = 0;
  #count = 0;

  constructor(writer: ByteWriter) {
    this.#writer = writer;
  }

  /** Offset of the first byte of the open bundle. */
  get start(): number {
    return this.#start;
  }

  get commitCount(): number {
    return this.#count;
  }

  get byteLength(): number {
    return this.#writer.length - this.#start;
  }

  open(writer: ByteWriter, head: BundleHead): void {
    this.#writer = writer;
    this.#start = writer.length;
    this.#baseMs = head.baseMs;
    this.#count = 0;
    writer.u8(BUNDLE_FORMAT);
    writer.u8(head.predecessor === undefined ? 0 : BUNDLE_FIRST_OF_INCARNATION);
    writer.u8(DIGEST_SHA256);
    writer.u8(0);
    writer.u32(0);
    writer.bytes(head.origin);
    writer.u48(head.firstOriginSeq);
    writer.u48(head.baseMs);
    writer.varint(head.term);
    if (head.predecessor !== undefined) writePredecessor(writer, head.predecessor);
    writer.varint(head.seen.length);
    for (const entry of head.seen) {
      writer.bytes(originBytes(entry.origin) as Uint8Array);
      writer.varint(entry.originSeq);
      writer.bytes(entry.digestHead);
    }
  }

  /** Begins a commit; exactly `eventCount` events follow. `fields` is absent for a plain put. */
  commit(ms: number, counter: number, eventCount: number, fields?: CommitFields): void {
    const writer = this.#writer;
    this.#count++;
    writer.varint(ms - this.#baseMs);
    writer.varint(counter);
    if (fields === undefined) writer.u8(0);
    else writeFields(writer, fields);
    writer.varint(eventCount);
  }

  put(key: string, value: PutValue, meta?: Uint8Array): void {
    const writer = this.#writer;
    writer.u8(meta === undefined ? 0 : EVENT_META);
    writer.lengthAndText(key);
    if (meta !== undefined) writer.lengthAndBytes(meta);
    writer.u8(value.valueHead);
    writer.varint(value.end - value.start);
    writer.bytes(value.source, value.start, value.end);
  }

  /** `put` without meta, of fields rather than an object: the write path makes none. */
  putBytes(key: string, valueHead: number, source: Uint8Array, start: number, end: number): void {
    const writer = this.#writer;
    writer.u8(0);
    writer.lengthAndText(key);
    writer.u8(valueHead);
    writer.varint(end - start);
    writer.bytes(source, start, end);
  }

  remove(key: string): void {
    this.#writer.u8(EVENT_REMOVE);
    this.#writer.lengthAndText(key);
  }

  /** Patches the count; the bundle is `[start, writer.length)`. */
  close(): void {
    this.#writer.putU32(this.#start + BUNDLE_OFFSET_COUNT, this.#count);
  }
}

/** Encoded bytes of a value, wherever they lie. */
export interface PutValue {
  readonly valueHead: number;
  readonly source: Uint8Array;
  readonly start: number;
  readonly end: number;
}

const NO_ORIGIN = new Uint8Array(32);

function writePredecessor(writer: ByteWriter, predecessor: Predecessor | null): void {
  if (predecessor === null) {
    writer.bytes(NO_ORIGIN);
    return;
  }
  writer.bytes(originBytes(predecessor.origin) as Uint8Array);
  writer.varint(predecessor.lastOriginSeq);
  writer.bytes(predecessor.digestHead);
}

function writeFields(writer: ByteWriter, fields: CommitFields): void {
  const { actor, operations, commandId, reason, reverts, metadata } = fields;
  let flags = 0;
  if (actor !== undefined) flags |= COMMIT_ACTOR;
  if (operations !== undefined) flags |= COMMIT_OPERATIONS;
  if (commandId !== undefined) flags |= COMMIT_COMMAND_ID;
  if (reason !== undefined) flags |= COMMIT_REASON;
  if (reverts !== undefined) flags |= COMMIT_REVERTS;
  if (metadata !== undefined) flags |= COMMIT_METADATA;
  writer.varint(flags);
  if (actor !== undefined) writer.lengthAndText(actor);
  if (operations !== undefined) {
    writer.varint(operations.length);
    for (const operation of operations) {
      writer.lengthAndText(operation.name);
      writer.varint(operation.version);
    }
  }
  if (commandId !== undefined) writer.lengthAndText(commandId);
  if (reason !== undefined) writer.lengthAndText(reason);
  if (reverts !== undefined) {
    writer.bytes(originBytes(reverts.origin) as Uint8Array);
    writer.varint(reverts.originSeq);
  }
  if (metadata !== undefined) {
    writer.u8(metadata.codec);
    writer.lengthAndBytes(metadata.bytes);
  }
}
