/**
 * The chain of incarnations: which one ended where, as named by its successor's first bundle. Kept
 * for ever (a few dozen bytes for each opening that wrote). It lets vectors leave out what follows
 * from them: one commit of a successor implies everything of the one before (design § 9). A copied
 * or rolled-back directory gives an incarnation several successors, and ends that lie before what
 * it wrote elsewhere: a successor implies no more than up to the end that it named itself.
 */
import { ByteReader, ByteWriter, originBytes, originText, type Vector } from '../../core/index.ts';

/** One successor, and up to where it had applied the incarnation before it. */
export interface Ending {
  readonly successor: string;
  readonly lastOriginSeq: number;
}

const ORIGIN_BYTES = 32;
const NO_ENDINGS: readonly Ending[] = [];

export class Incarnations {
  readonly #endings = new Map<string, readonly Ending[]>();
  readonly #predecessors = new Map<string, { origin: string; lastOriginSeq: number }>();
  readonly #parent: Incarnations | undefined;

  constructor(parent?: Incarnations) {
    this.#parent = parent;
  }

  /** What is noted in it stays out of this one. */
  branch(): Incarnations {
    return new Incarnations(this);
  }

  /** Notes what a first bundle says of the incarnation before it. */
  end(origin: string, lastOriginSeq: number, successor: string): void {
    this.#predecessors.set(successor, { origin, lastOriginSeq });
    const endings = this.endingsOf(origin);
    if (endings.some((ending) => ending.successor === successor)) return;
    this.#endings.set(origin, [...endings, { successor, lastOriginSeq }]);
  }

  /** What the first bundle of an incarnation named as the one before it, and its end there. */
  predecessorOf(origin: string): { origin: string; lastOriginSeq: number } | undefined {
    return this.#predecessors.get(origin) ?? this.#parent?.predecessorOf(origin);
  }

  /** Where others went on from this incarnation. */
  endingsOf(origin: string): readonly Ending[] {
    return this.#endings.get(origin) ?? this.#parent?.endingsOf(origin) ?? NO_ENDINGS;
  }

  /** Whether `originSeq` is the end of this incarnation and the vector holds its successor. */
  isEndedAt(origin: string, originSeq: number, vector: Vector): boolean {
    return this.endingsOf(origin).some(
      ({ successor, lastOriginSeq }) =>
        lastOriginSeq === originSeq && vector.originSeqOf(successor) > 0,
    );
  }

  /**
   * Whether what reaches so far in each origin (0: not at all) holds commit (`origin`,
   * `originSeq`), named or left out because a successor is in.
   */
  covers(reach: (origin: string) => number, origin: string, originSeq: number): boolean {
    if (reach(origin) >= originSeq) return true;
    return this.endingsOf(origin).some(
      ({ successor, lastOriginSeq }) =>
        originSeq <= lastOriginSeq && this.#reachesAny(reach, successor),
    );
  }

  /** Anything of an incarnation, or of one that went on from it. */
  #reachesAny(reach: (origin: string) => number, origin: string): boolean {
    const visited = new Set<string>();
    const open = [origin];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (reach(at) > 0) return true;
      if (visited.has(at)) continue;
      visited.add(at);
      for (const { successor } of this.endingsOf(at)) open.push(successor);
    }
    return false;
  }

  /** varint count; each: 32 bytes origin, varint last originSeq, 32 bytes successor. */
  encode(): Uint8Array {
    const writer = new ByteWriter(64 + this.#endings.size * 72);
    let count = 0;
    for (const endings of this.#endings.values()) count += endings.length;
    writer.varint(count);
    for (const [origin, endings] of this.#endings) {
      for (const { successor, lastOriginSeq } of endings) {
        writer.bytes(originBytes(origin) as Uint8Array);
        writer.varint(lastOriginSeq);
        writer.bytes(originBytes(successor) as Uint8Array);
      }
    }
    return writer.toBytes();
  }

  /** Adds what `encode` wrote; throws `MalformedBytes`. */
  load(bytes: Uint8Array): void {
    const reader = new ByteReader(bytes);
    for (let count = reader.varint(); count > 0; count--) {
      const origin = originText(reader.source, reader.skip(ORIGIN_BYTES));
      const lastOriginSeq = reader.varint();
      this.end(origin, lastOriginSeq, originText(reader.source, reader.skip(ORIGIN_BYTES)));
    }
    reader.finish();
  }
}
