/**
 * The ways to write: put, remove, transact, commit by named operations, preflight. Each checks its
 * arguments and conditions, runs what it was given on a transaction over the lane's view, and admits
 * the result. Whatever refuses does so before anything was gathered.
 */
import {
  AdastraError,
  checkKey,
  type CommitFields,
  type CommitRequest,
  encodeValue,
  formatStamp,
  isReservedKey,
  type KeyConditions,
  type PreflightReport,
  type PutOptions,
  type Receipt,
  type WriteOptions,
} from '../../core/index.ts';
import { isThenable } from '../operations/index.ts';
import { checkIfSeq, checkKeyConditions } from './conditions.ts';
import { type CommandRequest, requestHashOf, sameRequest } from './command-request.ts';
import type { CommandMemory } from './command-memory.ts';
import type { Admission, Lane } from './lane.ts';
import { revertFields, revertInto, revertTarget } from './revert.ts';
import { checkWriteOptions, hasOptions, metadataOf } from './write-options.ts';
import { reservedKey, Transaction } from './transaction.ts';

/** What a transaction resolved to. */
export interface TransactionResult<T> {
  readonly receipt: Receipt;
  /** What the function returned; `undefined` where the receipt is a replayed one. */
  readonly value: T | undefined;
}

export class Writes {
  readonly #lane: Lane;
  /** A function given to `transact` is running: writing through the client now is an error. */
  #running = false;

  constructor(lane: Lane) {
    this.#lane = lane;
  }

  put(key: string, value: unknown, options?: PutOptions): Promise<Receipt> {
    try {
      return this.#put(key, value, options);
    } catch (error) {
      return this.#refuse(error);
    }
  }

  remove(key: string, options?: PutOptions): Promise<Receipt> {
    return this.#single(options, { op: 'remove', args: { key } }, key, (tx) => tx.remove(key));
  }

  /** Read-modify-write; `undefined` from `fn` leaves the key as it is. */
  update(key: string, fn: (value: unknown) => unknown, options?: PutOptions): Promise<Receipt> {
    return this.#single(options, undefined, key, (tx) => {
      const next = fn(tx.get(key));
      if (isThenable(next)) throw asyncTransaction();
      if (next !== undefined) tx.put(key, next);
    });
  }

  transact<T>(fn: (tx: Transaction) => T, options?: WriteOptions): Promise<TransactionResult<T>> {
    try {
      return this.#run(fn, { options });
    } catch (error) {
      return this.#refuse(error);
    }
  }

  /** Writes of the engine itself, which may touch keys beginning with `$`. */
  transactSystem<T>(
    fn: (tx: Transaction) => T,
    options?: WriteOptions,
  ): Promise<TransactionResult<T>> {
    try {
      return this.#run(fn, { options, system: true });
    } catch (error) {
      return this.#refuse(error);
    }
  }

  async commit(request: CommitRequest): Promise<Receipt> {
    const { operations, ...options } = request;
    checkOperations(operations);
    const run = (tx: Transaction): void => {
      for (const [index, { op, args }] of operations.entries()) {
        try {
          tx.run(op, args);
        } catch (error) {
          throw withOperationIndex(error, index);
        }
      }
    };
    return (await this.#runAsync(run, options, { operations })).receipt;
  }

  /** The same code as `commit`, without effect. */
  async preflight(request: CommitRequest): Promise<PreflightReport> {
    const { operations, ...options } = request;
    checkOperations(operations);
    const { lane, tx } = { lane: this.#lane, tx: this.#transaction(false) };
    const results: { op: string; ok: boolean; error?: { code: string; message: string } }[] = [];
    const seq = lane.admittedSeq;
    let ok = true;
    try {
      lane.checkWritable();
      for (const { op, args } of operations) {
        results.push({ op, ok: false });
        tx.run(op, args);
        results[results.length - 1] = { op, ok: true };
      }
      this.#checkTouched(tx, options);
    } catch (error) {
      ok = false;
      const failure = AdastraError.is(error) ? error : undefined;
      if (failure === undefined) throw error;
      const last = results[results.length - 1] ?? { op: '', ok: false };
      if (last.ok) results.push({ op: 'conditions', ok: false });
      const { code, message } = failure;
      results[results.length - 1] = {
        ...(results[results.length - 1] ?? last),
        error: { code, message },
      };
    } finally {
      tx.end();
    }
    const report = { ok, seq, operations: results, keys: [...tx.writes.keys()] };
    return new Promise((resolve, reject) => lane.answer(() => resolve(report), reject));
  }

  /** Takes commit `seq` back by a new commit. */
  revert(seq: number, options: WriteOptions & { readonly reason: string }): Promise<Receipt> {
    const lane = this.#lane;
    try {
      if (typeof options?.reason !== 'string') {
        throw new AdastraError('invalid_options', 'revert needs a reason, which stands in the log');
      }
      const commit = revertTarget(lane, seq);
      const fn = (tx: Transaction): void => revertInto(lane, tx, commit);
      const request = { operations: [{ op: 'revert', args: { seq } }] };
      const intent = { options, request, ...revertFields(commit) };
      return this.#run(fn, intent).then(({ receipt }) => receipt);
    } catch (error) {
      return this.#refuse(error);
    }
  }

  /** The receipt of a command that committed here. */
  receiptOf(id: string): Receipt | undefined {
    return receiptOf(this.#lane.parts.commands, id);
  }

  #put(key: string, value: unknown, options: PutOptions | undefined): Promise<Receipt> {
    const lane = this.#lane;
    if (hasOptions(options)) return this.#putWith(key, value, options as PutOptions);
    this.#checkMayWrite();
    checkKey(key, lane.parts.limits.keyBytesMax);
    if (isReservedKey(key)) throw reservedKey(key);
    lane.scratch.reset();
    const valueHead = encodeValue(lane.scratch, value, lane.parts.limits);
    return lane.admitPut(key, valueHead, { durability: lane.parts.durability });
  }

  #putWith(key: string, value: unknown, options: PutOptions): Promise<Receipt> {
    return this.#single(options, { op: 'put', args: { key, value } }, key, (tx) =>
      tx.put(key, value),
    );
  }

  #single(
    options: PutOptions | undefined,
    call: { op: string; args: unknown } | undefined,
    key: string,
    write: (tx: Transaction) => unknown,
  ): Promise<Receipt> {
    const request = call === undefined ? undefined : { operations: [call], conditions: options };
    const run = (tx: Transaction): void => {
      checkKey(key, this.#lane.parts.limits.keyBytesMax);
      checkKeyConditions(this.#lane.overlay, key, (options ?? {}) as KeyConditions);
      write(tx);
    };
    return this.#runAsync(run, options, request).then(({ receipt }) => receipt);
  }

  #runAsync<T>(
    fn: (tx: Transaction) => T,
    options: PutOptions | undefined,
    request: CommandRequest | undefined,
  ): Promise<TransactionResult<T>> {
    try {
      return this.#run(fn, { options, request });
    } catch (error) {
      return this.#refuse(error);
    }
  }

  #run<T>(fn: (tx: Transaction) => T, intent: WriteIntent): Promise<TransactionResult<T>> {
    const lane = this.#lane;
    const { options, request } = intent;
    this.#checkMayWrite();
    if (options !== undefined) checkWriteOptions(options, lane.parts.limits);
    const durability = options?.durability ?? lane.parts.durability;
    const command = this.#commandOf(options, request);
    if (command !== undefined) {
      const replayed = this.#replayed<T>(command.id, command.requestHash);
      if (replayed !== undefined) return replayed;
    }
    const tx = this.#transaction(intent.system === true);
    const value = this.#call(fn, tx);
    this.#checkTouched(tx, options);
    const result = (receipt: Receipt): TransactionResult<T> => ({ receipt, value });
    if (tx.writes.size === 0) {
      const receipt = lane.unchangedReceipt(durability);
      return new Promise((resolve, reject) => lane.answer(() => resolve(result(receipt)), reject));
    }
    const fields = fieldsOf(tx, intent, lane);
    const admission: Admission = { durability, fields, command };
    return lane.admit(tx, admission).then(result);
  }

  #call<T>(fn: (tx: Transaction) => T, tx: Transaction): T {
    this.#running = true;
    try {
      const value = fn(tx);
      if (isThenable(value)) {
        Promise.resolve(value).catch(() => {});
        throw asyncTransaction();
      }
      return value;
    } finally {
      this.#running = false;
      tx.end();
    }
  }

  #transaction(system: boolean): Transaction {
    const { overlay, scratch, parts } = this.#lane;
    return new Transaction(overlay, {
      limits: parts.limits,
      operations: parts.operations,
      scratch,
      system,
    });
  }

  #checkTouched(tx: Transaction, options: WriteOptions | undefined): void {
    if (options?.ifSeq === undefined) return;
    const keys = new Set([...tx.readKeys, ...tx.writes.keys()]);
    const { collectedSeq, overlay } = this.#lane;
    checkIfSeq(overlay, options.ifSeq, { keys, ranges: tx.readRanges, collectedSeq });
  }

  #commandOf(
    options: PutOptions | undefined,
    request: CommandRequest | undefined,
  ): Admission['command'] {
    const id = options?.commandId;
    if (id === undefined) return undefined;
    const { env, limits } = this.#lane.parts;
    return { id, requestHash: requestHashOf(env.crypto, limits, request) };
  }

  /** The answer to a command that committed or is on its way; `command_mismatch` for another content. */
  #replayed<T>(id: string, requestHash: Uint8Array): Promise<TransactionResult<T>> | undefined {
    const lane = this.#lane;
    const pending = lane.pendingCommands.get(id);
    const known = pending ?? lane.parts.commands.find(id);
    if (known === undefined) return undefined;
    if (!sameRequest(known.requestHash, requestHash)) {
      throw new AdastraError(
        'command_mismatch',
        `command ${JSON.stringify(id)} was committed with other content`,
        {
          hint: 'a commandId names one request for ever: use a new one for a new request',
          details: { commandId: id },
        },
      );
    }
    const receipt =
      pending === undefined
        ? (receiptOf(lane.parts.commands, id) as Receipt)
        : { ...pending.receipt, replayed: true };
    return new Promise((resolve, reject) =>
      lane.answer(() => resolve({ receipt, value: undefined }), reject),
    );
  }

  #checkMayWrite(): void {
    this.#lane.checkWritable();
    if (!this.#running) return;
    throw new AdastraError('nested_write', 'a transaction is running', {
      hint: 'inside transact write through tx, not through the client',
    });
  }

  /** An error leaves only when everything that it could have seen is in the log (INV-2). */
  #refuse(error: unknown): Promise<never> {
    return new Promise((_, reject) => this.#lane.answer(() => reject(error), reject));
  }
}

/** What is to be written, and how. */
interface WriteIntent {
  readonly options?: PutOptions | undefined;
  /** What a commandId stands for; absent for a function. */
  readonly request?: CommandRequest | undefined;
  readonly system?: boolean;
  readonly reverts?: CommitFields['reverts'];
}

/** The receipt of a command that committed here, marked as replayed. */
export function receiptOf(commands: CommandMemory, id: string): Receipt | undefined {
  const command = commands.find(id);
  if (command === undefined) return undefined;
  const { seq, origin, originSeq, ms, counter, durability } = command;
  const stamp = formatStamp({ ms, counter, origin, originSeq });
  return { seq, origin, originSeq, stamp, durability, changed: true, replayed: true };
}

function fieldsOf(tx: Transaction, intent: WriteIntent, lane: Lane): CommitFields | undefined {
  const operations = tx.calls.length === 0 ? undefined : tx.calls;
  const { actor, reason, commandId, metadata } = intent.options ?? {};
  const { reverts } = intent;
  const any = operations ?? actor ?? reason ?? commandId ?? metadata ?? reverts;
  if (any === undefined) return undefined;
  const encoded = metadataOf(metadata, lane.parts.limits);
  return { operations, actor, reason, commandId, reverts, metadata: encoded };
}

function checkOperations(operations: CommitRequest['operations']): void {
  const fits =
    Array.isArray(operations) && operations.every((call) => typeof call?.op === 'string');
  if (fits && operations.length > 0) return;
  throw new AdastraError('invalid_argument', 'operations is a list of { op, args }, at least one');
}

function withOperationIndex(error: unknown, index: number): unknown {
  if (!AdastraError.is(error)) return error;
  const { code, message, hint, details, cause } = error;
  const more = { details: { ...details, operationIndex: index }, cause };
  return new AdastraError(code, message, hint === undefined ? more : { ...more, hint });
}

function asyncTransaction(): AdastraError {
  return new AdastraError(
    'async_transaction',
    'the function returned a promise; its writes were undone',
    {
      hint: 'transactions are synchronous: await what you need first, then transact',
    },
  );
}
