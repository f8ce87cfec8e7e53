/**
 * A received bundle enters the lane. It is checked as bytes from a stranger, placed by its author's
 * chain, and decided key by key against what the lane sees; what was decided goes into the log as
 * effects, so that replay decides nothing (INV-5). Checked here: shape, canonical values, the
 * author's chain, and that the vector covers what the author had seen (causal order, INV-7).
 * Signatures, membership, roles and clock drift come with sync.
 */
import {
  AdastraError,
  BundleReader,
  ByteWriter,
  CHAIN_START,
  equalBytes,
  EVENT_PUT,
  MalformedBytes,
  NeedsNewerLevel,
  ORIGIN_BYTES,
  type Vector,
  validateEncoded,
} from '../../core/index.ts';
import type { Crypto } from '../../env/index.ts';
import { FRAME_BYTES_MAX } from '../../wal/index.ts';
import { lastWriteWins, siblingsAfter } from '../operations/index.ts';
import { type Cell, cellOfView, type OriginTable } from '../storage/index.ts';
import { eventCell } from './event-cell.ts';
import type { Lane } from './lane.ts';
import { LOCAL_EFFECTS, LOCAL_VOID, writeEffect } from './local-part.ts';
import type { PendingEntry } from './overlay.ts';
import {
  WORLD_KEY_BYTES_MAX,
  WORLD_LIMITS_KEY,
  type WorldLimits,
  worldLimits,
} from './world-limits.ts';

/** What became of a received bundle. */
export type ReceiveOutcome =
  | { readonly kind: 'applied'; readonly commits: number; readonly void: number }
  /** All of it was applied before; its sender may be told so again. */
  | { readonly kind: 'duplicate' }
  /** The vector does not cover what its author had seen: these are missing. */
  | { readonly kind: 'waiting'; readonly missing: readonly { origin: string; originSeq: number }[] }
  /** The origin's chain is another one here: two commits under one name (INV-9). */
  | { readonly kind: 'fork'; readonly origin: string; readonly originSeq: number }
  | { readonly kind: 'malformed'; readonly reason: string }
  /**
   * It uses what this version cannot read: to be held until it is upgraded, not refused for good.
   */
  | { readonly kind: 'unsupported'; readonly reason: string };

/**
 * The most that a bundle and its effects may take: a batch must hold it beside what was gathered.
 */
const RECORD_BYTES_MAX = FRAME_BYTES_MAX - 16 * 1024 * 1024;
/** Against these nothing is void: they only tell bytes that are no value from values too large. */
const ANY_VALUE = { valueBytesMax: RECORD_BYTES_MAX, depthMax: 1000 };

/** Chain digest behind a bundle: SHA-256(digest before ‖ u32 length ‖ bytes). */
export function chainDigest(crypto: Crypto, before: Uint8Array, bytes: Uint8Array): Uint8Array {
  const writer = new ByteWriter(bytes.length + 36);
  writer.bytes(before);
  writer.u32(bytes.length);
  writer.bytes(bytes);
  return crypto.sha256(writer.view());
}

/** Checks, decides and admits one bundle; resolves when it is durable here. */
export async function receiveBundle(lane: Lane, bytes: Uint8Array): Promise<ReceiveOutcome> {
  lane.checkWritable();
  const reader = new BundleReader();
  let reasons: (string | undefined)[];
  try {
    reader.open(bytes, 0, bytes.length);
    const placed = placeBundle(lane.admittedVector, reader);
    if (placed !== undefined) return placed;
    const { origin, firstOriginSeq: originSeq } = reader;
    // Nobody else writes under this opening's name: somebody woke an image of this process (INV-9).
    if (origin === lane.parts.author.originText) return { kind: 'fork', origin, originSeq };
    reasons = checkCommits(bytes, worldLimits(lane.overlay.get(WORLD_LIMITS_KEY)));
  } catch (error) {
    if (error instanceof MalformedBytes) return { kind: 'malformed', reason: error.message };
    if (error instanceof NeedsNewerLevel) return { kind: 'unsupported', reason: error.message };
    throw error;
  }
  // An own copy: the lane's cells point into it until they are published.
  return await admitBundle(lane, new Uint8Array(bytes), reasons);
}

async function admitBundle(
  lane: Lane,
  bytes: Uint8Array,
  reasons: readonly (string | undefined)[],
): Promise<ReceiveOutcome> {
  const { crypto } = lane.parts.env;
  const decided = new BundleDecision(lane, bytes).run(reasons);
  const { origin, lastOriginSeq } = decided;
  const before = lane.admittedVector.digestOf(origin);
  const digest = chainDigest(crypto, before, bytes);
  const { commits, localPart, voided } = decided;
  const recordBytes = bytes.length + localPart.length;
  if (recordBytes > RECORD_BYTES_MAX) throw tooLarge(recordBytes);
  const commitCount = commits.length;
  await lane.admitReceived(
    { bytes, origin, commitCount, lastOriginSeq, digest, localPart },
    commits,
  );
  return { kind: 'applied', commits: commitCount, void: voided };
}

/** `undefined` where the bundle is the next of its origin and everything it has seen is here. */
function placeBundle(vector: Vector, reader: BundleReader): ReceiveOutcome | undefined {
  const { origin, firstOriginSeq, commitCount } = reader;
  const applied = vector.originSeqOf(origin);
  if (firstOriginSeq + commitCount - 1 <= applied) return { kind: 'duplicate' };
  if (firstOriginSeq <= applied) return { kind: 'fork', origin, originSeq: firstOriginSeq };
  const missing: { origin: string; originSeq: number }[] = [];
  if (firstOriginSeq > applied + 1) missing.push({ origin, originSeq: firstOriginSeq - 1 });
  const { predecessor } = reader;
  const seen = [...reader.seen];
  if (predecessor) {
    const { origin: before, lastOriginSeq, digestHead } = predecessor;
    seen.push({ origin: before, originSeq: lastOriginSeq, digestHead });
  }
  for (const entry of seen) {
    const here = vector.originSeqOf(entry.origin);
    if (here < entry.originSeq) missing.push({ origin: entry.origin, originSeq: entry.originSeq });
    else if (
      here === entry.originSeq &&
      !sameHead(vector.digestOf(entry.origin), entry.digestHead)
    ) {
      return { kind: 'fork', origin: entry.origin, originSeq: entry.originSeq };
    }
  }
  return missing.length > 0 ? { kind: 'waiting', missing } : undefined;
}

function sameHead(digest: Uint8Array, head: Uint8Array): boolean {
  return digest !== CHAIN_START && equalBytes(digest.subarray(0, head.length), head);
}

/**
 * Reads everything once; throws `MalformedBytes` for what no honest node of this format writes.
 * Gives for each commit why it is void, by itself and its causal past alone (design § 9): it breaks
 * a world limit. Membership, roles and scopes come with sync.
 */
function checkCommits(bytes: Uint8Array, limits: WorldLimits): (string | undefined)[] {
  const reader = new BundleReader();
  const reasons: (string | undefined)[] = [];
  reader.open(bytes, 0, bytes.length);
  for (let start = reader.offset; reader.nextCommit(); start = reader.offset) {
    const keys = new Set<string>();
    let reason = metadataFault(reader, limits);
    while (reader.nextEvent()) {
      const key = reader.checkedKey();
      if (keys.has(key)) throw new MalformedBytes(`the key ${JSON.stringify(key)} twice`);
      keys.add(key);
      const fault = eventFault(reader, bytes, limits);
      reason ??= fault;
    }
    if (keys.size === 0) throw new MalformedBytes('a commit without events');
    const size = reader.offset - start;
    if (size > limits.commitBytesMax) reason ??= `the commit takes ${size} bytes`;
    reasons.push(reason);
  }
  return reasons;
}

function metadataFault({ fields }: BundleReader, limits: WorldLimits): string | undefined {
  const metadata = fields?.metadata;
  if (metadata === undefined) return undefined;
  const { codec, bytes } = metadata;
  const { metadataBytesMax: valueBytesMax, depthMax } = limits;
  return valueFault({ codec, bytes, start: 0, end: bytes.length }, { valueBytesMax, depthMax });
}

/** A reason to void, or `undefined`; throws for a value that is not canonical. */
function eventFault(
  reader: BundleReader,
  bytes: Uint8Array,
  limits: WorldLimits,
): string | undefined {
  const { valueHead: codec, valueStart: start, valueEnd: end, keyStart, keyEnd } = reader;
  const isPut = reader.eventKind === EVENT_PUT;
  const fault = isPut ? valueFault({ codec, bytes, start, end }, limits) : undefined;
  return keyEnd - keyStart > WORLD_KEY_BYTES_MAX ? 'a key is too long' : fault;
}

/** The same on every node: what is no value at all is malformed, what is too large is void. */
function valueFault(
  value: { codec: number; bytes: Uint8Array; start: number; end: number },
  limits: { valueBytesMax: number; depthMax: number },
): string | undefined {
  const { codec, bytes, start, end } = value;
  const fault = validateEncoded(codec, bytes, start, end, limits);
  if (fault === undefined) return undefined;
  const always = validateEncoded(codec, bytes, start, end, ANY_VALUE);
  if (always !== undefined) throw new MalformedBytes(always);
  return fault;
}

function tooLarge(actual: number): AdastraError {
  return new AdastraError('limit_exceeded', `a received bundle takes ${actual} bytes here`, {
    details: { limitName: 'received bundle', limit: RECORD_BYTES_MAX, actual },
  });
}

interface DecidedBundle {
  readonly origin: string;
  readonly lastOriginSeq: number;
  /** For each commit its first key; `undefined` for a void one. */
  readonly commits: readonly (PendingEntry | undefined)[];
  readonly localPart: Uint8Array;
  readonly voided: number;
}

/** Decides every commit of one bundle, in order, each over the effects of those before it. */
class BundleDecision {
  readonly #lane: Lane;
  readonly #reader = new BundleReader();
  readonly #bytes: Uint8Array;
  readonly #local = new ByteWriter(1024);
  readonly #origins: OriginTable;
  /** Post-states of earlier commits of this bundle, which the overlay does not have yet. */
  readonly #decided = new Map<string, PendingEntry>();
  #seq: number;

  constructor(lane: Lane, bytes: Uint8Array) {
    this.#lane = lane;
    this.#bytes = bytes;
    this.#origins = lane.parts.origins;
    this.#seq = lane.admittedSeq;
  }

  run(reasons: readonly (string | undefined)[]): DecidedBundle {
    const reader = this.#reader;
    reader.open(this.#bytes, 0, this.#bytes.length);
    const at = reader.originOffset;
    const origin = this.#origins.indexOf(this.#bytes.subarray(at, at + ORIGIN_BYTES));
    const { clock, seen } = this.#lane.parts;
    seen.note(reader);
    const author = reader.origin;
    const hasSeen = (sibling: Cell): boolean =>
      seen.hasSeen(author, this.#origins.text(sibling.origin), sibling.originSeq);
    const commits: (PendingEntry | undefined)[] = [];
    let voided = 0;
    while (reader.nextCommit()) {
      this.#seq++;
      clock.observe(reader.ms, reader.counter);
      const reason = reasons[commits.length];
      if (reason !== undefined) {
        voided++;
        commits.push(this.#void(reason));
      } else commits.push(this.#commit(origin, hasSeen));
    }
    const lastOriginSeq = reader.firstOriginSeq + reader.commitCount - 1;
    return {
      origin: reader.origin,
      lastOriginSeq,
      commits,
      localPart: this.#local.toBytes(),
      voided,
    };
  }

  #void(reason: string): undefined {
    this.#local.u8(LOCAL_VOID);
    this.#local.lengthAndText(reason);
    while (this.#reader.nextEvent()) this.#local.varint(0);
    return undefined;
  }

  #commit(origin: number, hasSeen: (sibling: Cell) => boolean): PendingEntry | undefined {
    const reader = this.#reader;
    let first: PendingEntry | undefined;
    let last: PendingEntry | undefined;
    this.#local.u8(LOCAL_EFFECTS);
    while (reader.nextEvent()) {
      const entry = this.#event(origin, hasSeen);
      if (last === undefined) first = entry;
      else last.next = entry;
      last = entry;
      this.#decided.set(entry.key, entry);
    }
    return first;
  }

  #event(origin: number, hasSeen: (sibling: Cell) => boolean): PendingEntry {
    const reader = this.#reader;
    const key = reader.key();
    const event = eventCell(reader, origin);
    const earlier = this.#decided.get(key);
    const { overlay } = this.#lane;
    const before =
      earlier === undefined ? overlay.siblingsOf(key) : (earlier.siblings ?? [earlier.cell]);
    const siblings = siblingsAfter(before, event, hasSeen, this.#origins);
    this.#local.varint(earlier?.seq ?? overlay.lastSeq(key));
    writeEffect(this.#local, event, siblings, this.#origins);
    return pendingEntry(key, this.#seq, siblings);
  }
}

/** One entry of a received commit, as the policy shows it. */
export function pendingEntry(key: string, seq: number, siblings: readonly Cell[]): PendingEntry {
  const [only] = siblings;
  if (siblings.length === 1 && only !== undefined) {
    return { key, seq, cell: only, siblings: undefined, view: undefined, ref: 0, next: undefined };
  }
  const view = lastWriteWins(siblings);
  return { key, seq, cell: cellOfView(siblings, view), siblings, view, ref: 0, next: undefined };
}
