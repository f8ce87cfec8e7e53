/**
 * The log of a node behind a connection, as files: what a mirror copies.
 */
import type { LogDescription, LogPosition, RemoteLog } from '../engine/index.ts';
import type { Connection } from './connection.ts';
import { ndjsonRecords } from './record-streams.ts';
import { target } from './request-target.ts';

/** How long one answer may take. */
const ANSWER_MS = 30_000;
/** A node that tells nothing for so long is gone: it tells its position every five seconds. */
const SILENCE_MS = 15_000;

export class ConnectedLog implements RemoteLog {
  readonly #connection: Connection;

  /** The connection is closed with it. */
  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async describe(signal: AbortSignal): Promise<LogDescription> {
    const call = { method: 'GET', path: '/v1/log', signal, timeoutMs: ANSWER_MS };
    return (await this.#connection.call(call)) as LogDescription;
  }

  tail(signal: AbortSignal): AsyncIterable<LogPosition> {
    const call = { method: 'GET', path: '/v1/log/tail', signal, timeoutMs: SILENCE_MS };
    return ndjsonRecords<LogPosition>(this.#connection, call);
  }

  segment(
    { logId, segment, from }: { logId: string; segment: number; from: number },
    signal: AbortSignal,
  ): Promise<Uint8Array> {
    return this.#bytes(target`/v1/log/segments/${String(segment)}?${{ logId, from }}`, signal);
  }

  checkpoint(seq: number, from: number, signal: AbortSignal): Promise<Uint8Array> {
    return this.#bytes(target`/v1/log/checkpoints/${String(seq)}?${{ from }}`, signal);
  }

  close(): void {
    this.#connection.close();
  }

  async #bytes(path: string, signal: AbortSignal): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    let length = 0;
    const call = { method: 'GET', path, signal, timeoutMs: ANSWER_MS };
    for await (const chunk of this.#connection.open(call)) {
      chunks.push(chunk);
      length += chunk.length;
    }
    const bytes = new Uint8Array(length);
    let at = 0;
    for (const chunk of chunks) {
      bytes.set(chunk, at);
      at += chunk.length;
    }
    return bytes;
  }
}
