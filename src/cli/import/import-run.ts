/**
 * Writes the rows of an input, a chunk a commit, and can be run again after any end of the process.
 *
 * Chunk n of generation g commits under the command id `import/<id>/<g>/<n>`, the last one under
 * `…/end` and only when all others are acknowledged. So a known `…/end` means that generation g is
 * complete and this run is generation g + 1; otherwise this run is generation g again, and the
 * engine answers its chunks that are in with their first receipts and writes nothing. That the same
 * id stands for the same rows is checked by the engine too: another content is `import_mismatch`.
 */
import { AdastraError, type Receipt } from '../../core/index.ts';
import type { NodeApi } from '../../engine/index.ts';
import { type Chunk, ChunkBuilder, type DuplicateRule } from './chunk-builder.ts';
import { badRow } from './import-fault.ts';
import type { RowReader } from './key-template.ts';
import type { Row } from './row.ts';

/** What to import. */
export interface ImportOptions {
  readonly id: string;
  readonly rows: AsyncIterable<readonly Row[]>;
  readonly reader: RowReader;
  readonly chunkRows: number;
  readonly onDuplicate: DuplicateRule;
  /** When aborted, chunks in flight are finished and no more are begun. */
  readonly signal: AbortSignal;
  /** Called when a chunk is acknowledged. */
  readonly onChunk: (ack: ChunkAcknowledged) => void | Promise<void>;
}

/** One chunk is durable at the chosen level. */
export interface ChunkAcknowledged {
  readonly chunk: number;
  readonly rows: number;
  readonly seq: number;
  /** Whether an earlier run had written it. */
  readonly replayed: boolean;
}

/** What came of it. */
export interface ImportReport {
  readonly id: string;
  readonly generation: number;
  readonly isComplete: boolean;
  readonly rows: number;
  readonly chunks: number;
  /** Chunks that an earlier run had written. */
  readonly resumedChunks: number;
  readonly duplicates: number;
  readonly seq: number;
}

const IN_FLIGHT_MAX = 4;

/**
 * Imports; rejects with `import_invalid` (line, chunks in), `import_mismatch` or the node's error.
 */
export async function importRows(node: NodeApi, options: ImportOptions): Promise<ImportReport> {
  const generation = await unfinishedGeneration(node, options.id);
  const run = new ImportRun(node, options, generation);
  try {
    return await run.run();
  } catch (error) {
    await run.settle();
    throw withChunks(error, run.chunks);
  }
}

/** The first generation whose end is not known to have committed. */
async function unfinishedGeneration(node: NodeApi, id: string): Promise<number> {
  for (let generation = 1; ; generation++) {
    const end = await node.receiptOf(`import/${id}/${generation}/end`);
    if (end === undefined) return generation;
  }
}

/** The same, but ends at once when `signal` aborts, also while stdin has nothing to give. */
async function* untilAborted<T>(items: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  const iterator = items[Symbol.asyncIterator]();
  const aborted = new Promise<undefined>((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
  try {
    for (;;) {
      const next = await Promise.race([iterator.next(), aborted]);
      if (next === undefined || next.done === true) return;
      yield next.value;
    }
  } finally {
    // Not awaited: a source that is stuck in a read would keep us.
    iterator.return?.()?.catch(() => {});
  }
}

class ImportRun {
  readonly #node: NodeApi;
  readonly #options: ImportOptions;
  readonly #generation: number;
  readonly #builder: ChunkBuilder;
  readonly #inFlight = new Set<Promise<void>>();
  #failure: unknown;
  #hasFailed = false;
  #rows = 0;
  #chunks = 0;
  #resumedChunks = 0;
  #seq = 0;

  constructor(node: NodeApi, options: ImportOptions, generation: number) {
    this.#node = node;
    this.#options = options;
    this.#generation = generation;
    this.#builder = new ChunkBuilder(options.chunkRows, options.onDuplicate);
  }

  /** Chunks acknowledged. */
  get chunks(): number {
    return this.#chunks;
  }

  async run(): Promise<ImportReport> {
    const { rows, reader, signal } = this.#options;
    // One chunk is kept back: only at the end of the input it is clear which one is the last.
    let held: Chunk | undefined;
    for await (const group of untilAborted(rows, signal)) {
      for (const row of group) {
        const full = this.#builder.add(row, reader(row));
        if (full === undefined) continue;
        if (held !== undefined) await this.#submit(held);
        held = full;
      }
      if (signal.aborted) return this.#stopped();
    }
    if (signal.aborted) return this.#stopped();
    const last = this.#builder.finish();
    if (last !== undefined && held !== undefined) await this.#submit(held);
    if (signal.aborted) return this.#stopped();
    await this.#drain();
    const end = last ?? held;
    if (end !== undefined) await this.#commit(end, 'end');
    return this.#report(true);
  }

  /** Waits for what is in flight, whatever comes of it. */
  async settle(): Promise<void> {
    await Promise.allSettled(this.#inFlight);
  }

  async #stopped(): Promise<ImportReport> {
    await this.#drain();
    return this.#report(false);
  }

  #report(isComplete: boolean): ImportReport {
    return {
      id: this.#options.id,
      generation: this.#generation,
      isComplete,
      rows: this.#rows,
      chunks: this.#chunks,
      resumedChunks: this.#resumedChunks,
      duplicates: this.#builder.duplicates,
      seq: this.#seq,
    };
  }

  async #submit(chunk: Chunk): Promise<void> {
    if (this.#options.signal.aborted) return;
    if (chunk.overwrites) await this.#drain();
    while (this.#inFlight.size >= IN_FLIGHT_MAX) await Promise.race(this.#inFlight);
    this.#throwFailure();
    const work = this.#commit(chunk, String(chunk.number)).catch((error: unknown) => {
      if (!this.#hasFailed) this.#failure = error;
      this.#hasFailed = true;
    });
    this.#inFlight.add(work);
    void work.then(() => this.#inFlight.delete(work));
  }

  async #drain(): Promise<void> {
    await Promise.all(this.#inFlight);
    this.#throwFailure();
  }

  #throwFailure(): void {
    if (this.#hasFailed) throw this.#failure;
  }

  async #commit(chunk: Chunk, name: string): Promise<void> {
    const { id, onChunk } = this.#options;
    const commandId = `import/${id}/${this.#generation}/${name}`;
    let receipt: Receipt;
    try {
      receipt = await this.#node.commit({ operations: chunk.operations, commandId });
    } catch (error) {
      throw await this.#explain(chunk, error);
    }
    this.#chunks += 1;
    this.#rows += chunk.rows;
    this.#seq = Math.max(this.#seq, receipt.seq);
    if (receipt.replayed) this.#resumedChunks += 1;
    const { seq, replayed } = receipt;
    await onChunk({ chunk: chunk.number, rows: chunk.rows, seq, replayed });
  }

  /** Finds the row that the node refuses, or what else the refusal means for an import. */
  async #explain(chunk: Chunk, error: unknown): Promise<unknown> {
    if (!AdastraError.is(error)) return error;
    if (error.code === 'command_mismatch') return mismatch(this.#options.id, chunk, error);
    if (!ROW_FAULTS.has(error.code)) return error;
    for (const [index, operation] of chunk.operations.entries()) {
      const line = chunk.lines[index] ?? 0;
      try {
        const report = await this.#node.preflight({ operations: [operation] });
        const fault = report.operations.find(({ ok }) => !ok)?.error;
        if (fault !== undefined) return badRow(line, fault.message, error);
      } catch (cause) {
        return badRow(line, cause instanceof Error ? cause.message : String(cause), cause);
      }
    }
    return error;
  }
}

const ROW_FAULTS: ReadonlySet<string> = new Set([
  'invalid_key',
  'invalid_value',
  'reserved_key',
  'limit_exceeded',
  'operation_invalid',
  'operation_failed',
]);

function mismatch(id: string, chunk: Chunk, cause: AdastraError): AdastraError {
  const message = `import ${id} began with other rows: chunk ${chunk.number} (from line ${chunk.lines[0]}) differs`;
  return new AdastraError('import_mismatch', message, {
    hint: 'resume with the same file and options, or take another --id',
    details: { id, chunk: chunk.number },
    cause,
  });
}

function withChunks(error: unknown, chunks: number): unknown {
  if (!AdastraError.is(error)) return error;
  const { code, details, cause } = error;
  const already = chunks === 1 ? '1 chunk is' : `${chunks} chunks are`;
  return new AdastraError(code, `${error.message} (${already} in)`, {
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    details: { ...details, chunks },
    cause,
  });
}
