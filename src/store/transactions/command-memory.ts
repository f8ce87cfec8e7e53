/**
 * Which commands have committed here: (scope and id) → (hash of the request, receipt). It makes a
 * retry safe across restarts: rebuilt from the log, kept in checkpoints. Only what committed is
 * remembered, for the longer of so many commits and so long, within a bound in bytes; a retry after
 * that runs again, and docs say so.
 */
import {
  ByteReader,
  ByteWriter,
  type Durability,
  type Limits,
  originBytes,
  originText,
} from '../../core/index.ts';
import { REQUEST_HASH_BYTES } from './local-part.ts';

/** What is remembered of a command. */
export interface RememberedCommand {
  readonly requestHash: Uint8Array;
  readonly seq: number;
  readonly origin: string;
  readonly originSeq: number;
  readonly ms: number;
  readonly counter: number;
  readonly durability: Durability;
}

/** Estimated memory of one entry beside its id. */
const ENTRY_BYTES = 200;
const DURABILITIES: readonly Durability[] = ['always', 'interval', 'os'];

export class CommandMemory {
  readonly #limits: Limits;
  /** In the order of commits, so that the oldest is first. */
  readonly #commands = new Map<string, RememberedCommand>();
  #bytes = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#commands.size;
  }

  find(id: string): RememberedCommand | undefined {
    return this.#commands.get(id);
  }

  /** Remembers a durable commit and forgets what is beyond the bounds. */
  remember(id: string, command: RememberedCommand): void {
    if (!this.#commands.has(id)) this.#bytes += ENTRY_BYTES + id.length;
    this.#commands.set(id, command);
    this.#forget(command.seq, command.ms);
  }

  #forget(seq: number, ms: number): void {
    const { commandMemoryBytesMax, commandMemoryCommits, commandMemoryMs } = this.#limits;
    for (const [id, command] of this.#commands) {
      const old = seq - command.seq > commandMemoryCommits && ms - command.ms > commandMemoryMs;
      if (!old && this.#bytes <= commandMemoryBytesMax) return;
      this.#commands.delete(id);
      this.#bytes -= ENTRY_BYTES + id.length;
    }
  }

  /**
   * varint count; each: text id, 16 hash, varint seq, 32 origin, varint originSeq, u48 ms, u16, u8.
   */
  encode(): Uint8Array {
    const writer = new ByteWriter(64 + this.#commands.size * 128);
    writer.varint(this.#commands.size);
    for (const [id, command] of this.#commands) {
      writer.lengthAndText(id);
      writer.bytes(command.requestHash);
      writer.varint(command.seq);
      writer.bytes(originBytes(command.origin) as Uint8Array);
      writer.varint(command.originSeq);
      writer.u48(command.ms);
      writer.u16(command.counter);
      writer.u8(DURABILITIES.indexOf(command.durability));
    }
    return writer.toBytes();
  }

  /** Adds what `encode` wrote; throws `MalformedBytes`. */
  load(bytes: Uint8Array): void {
    const reader = new ByteReader(bytes);
    for (let count = reader.varint(); count > 0; count--) {
      const id = reader.lengthAndText();
      const requestHash = reader.bytes(REQUEST_HASH_BYTES);
      const seq = reader.varint();
      const origin = originText(reader.source, reader.skip(32));
      const originSeq = reader.varint();
      const ms = reader.u48();
      const counter = reader.u16();
      const durability = DURABILITIES[reader.u8()] ?? 'always';
      this.remember(id, { requestHash, seq, origin, originSeq, ms, counter, durability });
    }
    reader.finish();
  }
}
