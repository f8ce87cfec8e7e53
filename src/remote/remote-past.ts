/**
 * The state of a remote node as it stood behind an earlier commit: the requests of the present one
 * with `at`.
 */
import { checkKey, type Entry, type Range, type Value } from '../core/index.ts';
import type { PastState } from '../engine/index.ts';
import type { Connection } from './connection.ts';
import { recordOfJson } from './record-json.ts';
import { ndjsonRecords } from './record-streams.ts';
import { unlessMissing } from './remote-peer.ts';
import { target } from './request-target.ts';

export class RemotePast implements PastState {
  readonly seq: number;
  readonly #connection: Connection;

  constructor(connection: Connection, seq: number) {
    this.#connection = connection;
    this.seq = seq;
  }

  async get(key: string): Promise<Value | undefined> {
    return (await this.getEntry(key))?.value;
  }

  async getEntry(key: string): Promise<Entry | undefined> {
    checkKey(key);
    const found = await unlessMissing(this.#read(target`/v1/entry?${{ key, at: this.seq }}`));
    if (found === undefined) return undefined;
    const { key: _key, ...entry } = found as { key: string };
    return recordOfJson(entry) as unknown as Entry;
  }

  async count(range: Range = {}): Promise<number> {
    const { count } = (await this.#read(target`/v1/count?${{ ...range, at: this.seq }}`)) as {
      count: number;
    };
    return count;
  }

  async *list(range: Range = {}): AsyncGenerator<[string, Value], void, undefined> {
    const path = target`/v1/entries?${{ ...range, at: this.seq }}`;
    const call = { method: 'GET', path };
    for await (const { key, value } of ndjsonRecords<{ key: string; value: Value }>(
      this.#connection,
      call,
    )) {
      yield [key, value];
    }
  }

  #read(path: string): Promise<unknown> {
    return this.#connection.call({ method: 'GET', path });
  }
}
