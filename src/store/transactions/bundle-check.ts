/**
 * A received bundle is checked as bytes from a stranger: its shape, and for each commit whether it
 * is valid, by itself and its causal past alone, so that all nodes judge alike (design § 9).
 */
import {
  BundleReader,
  decodeValue,
  DEFAULT_LIMITS,
  EVENT_PUT,
  isReservedKey,
  MalformedBytes,
  validateEncoded,
} from '../../core/index.ts';
import { RECORD_BYTES_MAX } from './bundle-decision.ts';
import { Judge, type JudgeSettings, type SystemEvent } from './judge.ts';
import type { Covers, MembershipTable } from './membership.ts';
import type { Statement } from './statement.ts';
import type { WorldProof } from './statement-check.ts';
import { WORLD_KEY_BYTES_MAX, type WorldLimits } from './world-limits.ts';

/** Against these nothing is void: they only tell bytes that are no value from values too large. */
const ANY_VALUE = { valueBytesMax: RECORD_BYTES_MAX, depthMax: 1000 };

/** What is known of a bundle before anything of it is applied. */
export interface JudgedBundle {
  /** For each commit why it is void, `undefined` where it is valid. */
  readonly reasons: readonly (string | undefined)[];
  /** What its valid commits state. */
  readonly statements: readonly Statement[];
}

/** What the commits of a bundle are judged by. */
export interface BundlePast {
  /** Statements so far; those of the bundle are added to it. */
  readonly table: MembershipTable;
  readonly covers: Covers;
  readonly world: WorldProof;
}

/**
 * Reads everything once; throws `MalformedBytes` for what no honest node of this format writes and
 * `NeedsNewerLevel` for what a newer one may. Gives what each commit comes to, or, as text, why the
 * whole bundle is refused: its author is no member, as far as it had seen.
 */
export function judgeBundle(bytes: Uint8Array, past: BundlePast): JudgedBundle | string {
  return new BundleCheck(bytes, past).run();
}

class BundleCheck {
  readonly #bytes: Uint8Array;
  readonly #reader = new BundleReader();
  readonly #judge: Judge;
  readonly #reasons: (string | undefined)[] = [];
  readonly #statements: Statement[] = [];

  constructor(bytes: Uint8Array, { table, covers, world }: BundlePast) {
    const reader = this.#reader;
    reader.open(bytes, 0, bytes.length);
    const { origin, predecessor, seen } = reader;
    const mayFound = predecessor === null && seen.length === 0;
    const settings: JudgeSettings = { table, covers, origin, world, mayFound };
    this.#bytes = bytes;
    this.#judge = new Judge(settings);
  }

  run(): JudgedBundle | string {
    const reader = this.#reader;
    for (let start = reader.offset; reader.nextCommit(); start = reader.offset) {
      this.#reasons.push(this.#commit(start));
      if (this.#judge.standing === undefined) return 'its author is no member';
    }
    return { reasons: this.#reasons, statements: this.#statements };
  }

  /** Why the commit that the reader stands before is void. */
  #commit(start: number): string | undefined {
    const reader = this.#reader;
    const { originSeq } = reader;
    const { limits } = this.#judge;
    const keys = new Set<string>();
    const system: SystemEvent[] = [];
    let reason = this.#judge.roleFault(originSeq) ?? metadataFault(reader, limits);
    while (reader.nextEvent()) {
      const key = reader.checkedKey();
      if (keys.has(key)) throw new MalformedBytes(`the key ${JSON.stringify(key)} twice`);
      keys.add(key);
      const isSystem = isReservedKey(key);
      const fault = eventFault(reader, this.#bytes, isSystem ? DEFAULT_LIMITS : limits);
      reason ??= this.#judge.keyFault(key, originSeq) ?? fault;
      if (isSystem) system.push(this.#systemEvent(key));
    }
    if (keys.size === 0) throw new MalformedBytes('a commit without events');
    const size = reader.offset - start;
    const { commitBytesMax } = system.length > 0 ? DEFAULT_LIMITS : limits;
    if (size > commitBytesMax) reason ??= `the commit takes ${size} bytes`;
    return reason ?? this.#state(originSeq, system);
  }

  #systemEvent(key: string): SystemEvent {
    const { eventKind, valueHead, valueStart, valueEnd } = this.#reader;
    if (eventKind !== EVENT_PUT) return { key, value: undefined };
    return { key, value: () => decodeValue(valueHead, this.#bytes, valueStart, valueEnd, false) };
  }

  /** Takes what the commit states; why it is void otherwise. */
  #state(originSeq: number, system: readonly SystemEvent[]): string | undefined {
    const isMember = this.#judge.standing !== undefined;
    if (system.length === 0 && isMember) return undefined;
    const verdict = this.#judge.system(originSeq, system);
    if (typeof verdict === 'string') return verdict;
    this.#judge.accept(verdict);
    this.#statements.push(...verdict);
    return undefined;
  }
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
  limits: { valueBytesMax: number; depthMax: number },
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
