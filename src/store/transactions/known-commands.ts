/**
 * Commands that this node answered before, or is about to: found by their id, told from others by
 * the hash of what they ask for. One that is known is never run again.
 */
import type { PutOptions, Receipt } from '../../core/index.ts';
import {
  type CommandRequest,
  commandMismatch,
  requestHashOf,
  sameRequest,
} from './command-request.ts';
import type { Lane } from './lane.ts';
import type { Admission } from './lane-parts.ts';
import { receiptOf, type TransactionResult } from './write-intent.ts';

type Command = NonNullable<Admission['command']>;

export class KnownCommands {
  readonly #lane: Lane;

  constructor(lane: Lane) {
    this.#lane = lane;
  }

  /** Id and hash of a write that has a commandId. */
  commandOf(
    options: PutOptions | undefined,
    request: CommandRequest | undefined,
  ): Command | undefined {
    const id = options?.commandId;
    if (id === undefined) return undefined;
    const { env, limits } = this.#lane.parts;
    return { id, requestHash: requestHashOf(env.crypto, limits, request) };
  }

  /** Whether it committed or is on its way; `command_mismatch` for other content. */
  has({ id, requestHash }: Command): boolean {
    const lane = this.#lane;
    const known = lane.pendingCommands.get(id) ?? lane.parts.commands.find(id);
    if (known === undefined) return false;
    if (sameRequest(known.requestHash, requestHash)) return true;
    throw commandMismatch(id);
  }

  /** The answer to a command that committed or is on its way. */
  replayed<T>(command: Command): Promise<TransactionResult<T>> | undefined {
    if (!this.has(command)) return undefined;
    const lane = this.#lane;
    const pending = lane.pendingCommands.get(command.id);
    const receipt =
      pending === undefined
        ? (receiptOf(lane.parts.commands, command.id) as Receipt)
        : { ...pending.receipt, replayed: true };
    return new Promise((resolve, reject) =>
      lane.answer(() => resolve({ receipt, value: undefined }), reject),
    );
  }
}
