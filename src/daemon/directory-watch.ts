/**
 * News of a directory's log from the process that has it open, through that process's socket. While
 * nobody serves it, it looks again and again for somebody who does.
 */
import { AdastraError } from '../core/index.ts';
import type { LogPosition, SourceListener, SourceWatch } from '../engine/index.ts';
import { ndjsonRecords } from '../remote/index.ts';
import { connectTo } from './attach.ts';

const LOOK_MS = 250;
/** Who says nothing for so long, though it would tell now and then, is held for gone. */
const SILENT_MS_MAX = 15_000;

/** Tells of the log in one directory. */
export class DirectoryWatch implements SourceWatch {
  readonly #dataDir: string;
  readonly #closing = new AbortController();

  constructor(dataDir: string) {
    this.#dataDir = dataDir;
  }

  start(listener: SourceListener): void {
    setImmediate(() => void this.#run(listener));
  }

  close(): void {
    this.#closing.abort();
  }

  async #run(listener: SourceListener): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      const reason = await this.#listen(listener);
      if (signal.aborted) return;
      listener.lost(reason);
      await waited(LOOK_MS, signal);
    }
  }

  /** Passes on what is told until that ends; why it did. */
  async #listen(listener: SourceListener): Promise<string> {
    const { signal } = this.#closing;
    const found = await connectTo(this.#dataDir);
    if (found === undefined) return 'no process serves it';
    const { client } = found;
    const call = { method: 'GET', path: '/v1/log/tail', timeoutMs: SILENT_MS_MAX, signal };
    try {
      for await (const position of ndjsonRecords<LogPosition>(client, call)) {
        if (signal.aborted) break;
        listener.told(position);
      }
      return 'the process that has it open stopped';
    } catch (error) {
      if (!AdastraError.is(error)) throw error;
      return error.message;
    } finally {
      client.close();
    }
  }
}

function waited(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}
