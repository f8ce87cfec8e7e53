/**
 * The ways to write: put, remove, transact, commit by named operations, preflight. Each checks its
 * arguments and conditions, runs what it was given on a transaction over the lane's view, and
 * admits the result. Whatever refuses does so before anything was gathered.
 */
import {
  AdastraError,
  checkKey,
  checkWithin,
  type CommitRequest,
  DEFAULT_LIMITS,
  encodeValue,
  isReservedKey,
  type PreflightReport,
  type PutOptions,
  type Receipt,
  type WriteOptions,
} from '../../core/index.ts';
import { isThenable, type PreparedCall } from '../operations/index.ts';
import { checkIfSeq, checkKeyConditions } from './conditions.ts';
import type { CommandRequest } from './command-request.ts';
import { KnownCommands } from './known-commands.ts';
import { checkRequest, performCalls, prepareCalls } from './operation-calls.ts';
import type { Lane } from './lane.ts';
import type { Admission } from './lane-parts.ts';
import { revertFields, revertInto, revertTarget } from './revert.ts';
import { checkNoKeyConditions, checkWriteOptions, hasOptions } from './write-options.ts';
import { reservedKey, Transaction } from './transaction.ts';
import {
  asyncTransaction,
  fieldsOf,
  receiptOf,
  type TransactionResult,
  type WriteIntent,
} from './write-intent.ts';

export class Writes {
  readonly #lane: Lane;
  /** How a write without options is admitted. */
  readonly #plain: Admission;
  readonly #known: KnownCommands;
  /** A function given to `transact` is running: writing through the client now is an error. */
  #running = false;

  constructor(lane: Lane) {
    this.#lane = lane;
    this.#known = new KnownCommands(lane);
    this.#plain = { durability: lane.parts.durability, fields: undefined, command: undefined };
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
      checkNoKeyConditions(options);
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
    const { operations, ...options } = checkRequest(request);
    checkNoKeyConditions(options);
    this.#checkMayWrite();
    try {
      const { calls, command } = this.#prepare({ operations, options });
      const run = (tx: Transaction): void => performCalls(tx, calls);
      return (await this.#run(run, { options, request: { operations }, command })).receipt;
    } catch (error) {
      return this.#refuse(error);
    }
  }

  /**
   * The calls, checked before the lane; a command that is known needs none, since it is not run
   * again, whatever operations this opening knows.
   */
  #prepare({ operations, options }: RequestParts): {
    calls: readonly PreparedCall[];
    command: Admission['command'];
  } {
    checkWriteOptions(options, this.#lane.parts.limits);
    const command = this.#known.commandOf(options, { operations });
    const isKnown = command !== undefined && this.#known.has(command);
    if (isKnown) return { calls: [], command };
    // A schema is code of the application: it must not write meanwhile.
    this.#running = true;
    try {
      return { calls: prepareCalls(this.#lane.parts.operations, operations), command };
    } finally {
      this.#running = false;
    }
  }

  /** The same code as `commit`, without effect. */
  async preflight(request: CommitRequest): Promise<PreflightReport> {
    const { operations, ...options } = checkRequest(request);
    checkNoKeyConditions(options);
    const lane = this.#lane;
    this.#checkMayWrite();
    checkWriteOptions(options, lane.parts.limits);
    const tx = this.#transaction(false, options.within);
    const outcomes: PreflightOutcome[] = [];
    this.#running = true;
    try {
      this.#dryRun(tx, { operations, options }, outcomes);
    } finally {
      this.#running = false;
      tx.end();
    }
    const ok = outcomes.every((outcome) => outcome.ok);
    const report = { ok, seq: lane.admittedSeq, operations: outcomes, keys: [...tx.writes.keys()] };
    return new Promise((resolve, reject) => lane.answer(() => resolve(report), reject));
  }

  #dryRun(tx: Transaction, request: RequestParts, outcomes: PreflightOutcome[]): void {
    const { operations, options } = request;
    let step = 'conditions';
    try {
      const command = this.#known.commandOf(options, { operations });
      if (command !== undefined && this.#known.has(command)) return;
      for (const { op, args } of operations) {
        step = op;
        tx.run(op, args);
        outcomes.push({ op, ok: true });
      }
      step = 'conditions';
      this.#checkTouched(tx, options);
      this.#lane.checkFits(tx, fieldsOf(tx, { options }, this.#lane.parts.limits));
      this.#lane.membership.check(tx);
    } catch (error) {
      if (!AdastraError.is(error)) throw error;
      const { code, message } = error;
      outcomes.push({ op: step, ok: false, error: { code, message } });
    }
  }

  /** Takes commit `seq` back by a new commit. */
  revert(seq: number, options: WriteOptions & { readonly reason: string }): Promise<Receipt> {
    const lane = this.#lane;
    try {
      checkNoKeyConditions(options);
      if (typeof options?.reason !== 'string') {
        throw new AdastraError('invalid_options', 'revert needs a reason, which stands in the log');
      }
      checkWriteOptions(options, lane.parts.limits);
      const commit = revertTarget(lane, seq);
      // Before it is told what else changed there.
      for (const { key } of options.within === undefined ? [] : commit.events) {
        checkWithin(key, options.within ?? []);
      }
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
    // A getter in the value must not write while the value stands half encoded in the scratch.
    this.#running = true;
    let valueHead: number;
    try {
      valueHead = encodeValue(lane.scratch, value, lane.parts.limits);
    } finally {
      this.#running = false;
    }
    return lane.admitPut(key, valueHead, this.#plain);
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
      if (options?.within !== undefined) checkWithin(key, options.within);
      checkKeyConditions(this.#lane.overlay, key, options ?? {});
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
    const command = intent.command ?? this.#known.commandOf(options, request);
    if (command !== undefined) {
      const replayed = this.#known.replayed<T>(command);
      if (replayed !== undefined) return replayed;
    }
    const tx = this.#transaction(intent.system === true, options?.within);
    const value = this.#call(fn, tx);
    this.#checkTouched(tx, options);
    const result = (receipt: Receipt): TransactionResult<T> => ({ receipt, value });
    if (tx.writes.size === 0) {
      const receipt = lane.unchangedReceipt(durability);
      return new Promise((resolve, reject) => lane.answer(() => resolve(result(receipt)), reject));
    }
    const fields = fieldsOf(tx, intent, lane.parts.limits);
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

  #transaction(system: boolean, within: WriteOptions['within']): Transaction {
    const { overlay, scratch, parts } = this.#lane;
    return new Transaction(overlay, {
      // Statements of the system are as large as they are, whatever a node allows its users.
      limits: system ? DEFAULT_LIMITS : parts.limits,
      operations: parts.operations,
      scratch,
      system,
      within,
    });
  }

  #checkTouched(tx: Transaction, options: WriteOptions | undefined): void {
    if (options?.ifSeq === undefined) return;
    this.#checkSeqIsHere(options.ifSeq);
    const keys = new Set([...tx.readKeys, ...tx.writes.keys()]);
    const { collectedSeq, overlay } = this.#lane;
    checkIfSeq(overlay, options.ifSeq, { keys, ranges: tx.readRanges, collectedSeq });
  }

  /** A seq that this log has not reached is of another log, or of what a power cut took. */
  #checkSeqIsHere(seq: number): void {
    const head = this.#lane.admittedSeq;
    if (seq <= head) return;
    throw new AdastraError('condition_failed', `this log ends at seq ${head}, not at ${seq}`, {
      details: { condition: 'ifSeq', seq: head },
    });
  }

  #checkMayWrite(): void {
    this.#lane.checkWritable();
    this.#checkNotNested();
  }

  #checkNotNested(): void {
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

interface RequestParts {
  readonly operations: CommitRequest['operations'];
  readonly options: WriteOptions;
}

type PreflightOutcome = PreflightReport['operations'][number];
