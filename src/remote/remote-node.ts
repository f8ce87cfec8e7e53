/**
 * A node that another process has open, behind a `Connection`: `NodeApi` with the same names,
 * arguments and errors as a node in this process. Closing it closes the connection, never the node.
 */
import {
  checkKey,
  type Commit,
  type CommitRequest,
  type Entry,
  type HistoryEntry,
  jsonOf,
  type PreflightReport,
  type PutOptions,
  type Range,
  type Receipt,
  type Value,
  type WriteOptions,
} from '../core/index.ts';
import type {
  BackupReport,
  ChangesOptions,
  CheckpointInfo,
  CreatedToken,
  Freshness,
  Hashes,
  HistoryOptions,
  NewToken,
  NodeApi,
  NodeInfo,
  NodeStatus,
  ProjectionStatus,
  QueryAnswer,
  TokenInfo,
  VerifyReport,
  WaitForSeqOptions,
} from '../engine/index.ts';
import { recordOfJson } from './record-json.ts';
import { eventRecords, ndjsonRecords } from './record-streams.ts';
import { RemotePast } from './remote-past.ts';
import { RemotePeer, unlessMissing } from './remote-peer.ts';
import { target } from './request-target.ts';
import { waitByRequests } from './wait-by-requests.ts';
import { writeBody } from './write-body.ts';

/** Every call of `NodeApi` as the request that its route takes. */
export class RemoteNode extends RemotePeer implements NodeApi {
  async get(key: string): Promise<Value | undefined> {
    return (await this.getEntry(key))?.value;
  }

  async getEntry(key: string): Promise<Entry | undefined> {
    checkKey(key);
    const found = await unlessMissing(this.read<{ key: string }>(target`/v1/entry?key=${key}`));
    if (found === undefined) return undefined;
    const { key: _key, ...entry } = found;
    return recordOfJson(entry) as unknown as Entry;
  }

  async count(range: Range = {}): Promise<number> {
    return (await this.read<{ count: number }>(target`/v1/count?${{ ...range }}`)).count;
  }

  async *list(range: Range = {}): AsyncGenerator<[string, Value], void, undefined> {
    const path = target`/v1/entries?${{ ...range }}`;
    const rows = ndjsonRecords<{ key: string; value: Value }>(this.connection, {
      method: 'GET',
      path,
    });
    for await (const { key, value } of rows) yield [key, value];
  }

  at(seq: number): RemotePast {
    return new RemotePast(this.connection, seq);
  }

  async put(key: string, value: unknown, options: PutOptions = {}): Promise<Receipt> {
    checkKey(key);
    const body = { value: jsonOf(value as Value), ...writeBody(options) };
    return this.write('PUT', target`/v1/entry?key=${key}`, body, options.signal);
  }

  async remove(key: string, options: PutOptions = {}): Promise<Receipt> {
    checkKey(key);
    const path = target`/v1/entry?key=${key}`;
    return this.write('DELETE', path, writeBody(options), options.signal);
  }

  async commit(request: CommitRequest): Promise<Receipt> {
    const path = target`/v1/commit`;
    const answer = await this.write<Receipt & { outcome: string }>(
      'POST',
      path,
      commitBody(request),
      request.signal,
    );
    const { outcome: _outcome, ...receipt } = answer;
    return receipt;
  }

  async preflight(request: CommitRequest): Promise<PreflightReport> {
    return this.act(target`/v1/preflight`, commitBody(request), request.signal);
  }

  async revert(seq: number, options: WriteOptions & { readonly reason: string }): Promise<Receipt> {
    const path = target`/v1/commits/${String(seq)}/revert`;
    return this.write('POST', path, writeBody(options), options.signal);
  }

  receiptOf(commandId: string): Promise<Receipt | undefined> {
    return unlessMissing(this.read<Receipt>(target`/v1/receipts/${commandId}`));
  }

  async *history(
    key: string,
    { limit, upTo, signal }: HistoryOptions = {},
  ): AsyncGenerator<HistoryEntry, void, undefined> {
    checkKey(key);
    const path = target`/v1/entry/history?${{ key, limit, upTo }}`;
    yield* ndjsonRecords<HistoryEntry>(this.connection, { method: 'GET', path, signal });
  }

  changes(options: ChangesOptions = {}): AsyncGenerator<Commit, void, undefined> {
    const { from, system, live = true, signal } = options;
    const query = { from, system };
    const path = live ? target`/v1/stream?${query}` : target`/v1/commits?${query}`;
    const records = live ? eventRecords : ndjsonRecords;
    return records<Commit>(this.connection, { method: 'GET', path, signal });
  }

  hashes(): Promise<Hashes> {
    return this.read(target`/v1/hashes`);
  }

  async query(projection: string, query: string, args?: Value): Promise<QueryAnswer> {
    const text = args === undefined ? undefined : JSON.stringify(jsonOf(args));
    const answer = await this.read<object>(
      target`/v1/query/${projection}?${{ query, args: text }}`,
    );
    const { value, seq } = recordOfJson(answer);
    return { value: value as Value | undefined, seq: seq as number };
  }

  async projections(): Promise<readonly ProjectionStatus[]> {
    const path = target`/v1/projections`;
    return (await this.read<{ projections: ProjectionStatus[] }>(path)).projections;
  }

  freshness(): Promise<Freshness> {
    return this.read(target`/v1/freshness`);
  }

  waitForSeq(seq: number, options: WaitForSeqOptions = {}): Promise<void> {
    return waitByRequests(this.connection, seq, options);
  }

  checkpoint(): Promise<CheckpointInfo> {
    return this.act(target`/v1/checkpoint`, {});
  }

  backup(directory: string): Promise<BackupReport> {
    return this.act(target`/v1/backup`, { directory });
  }

  verify(options: { readonly signal?: AbortSignal } = {}): Promise<VerifyReport> {
    return this.act(target`/v1/verify`, {}, options.signal);
  }

  status(): Promise<NodeStatus> {
    return this.read(target`/v1/status`);
  }

  nodeInfo(): Promise<NodeInfo> {
    return this.read(target`/v1/node`);
  }

  refreshNodeInfo(): Promise<NodeInfo> {
    return this.act(target`/v1/node/refresh`, {});
  }

  async flush(): Promise<void> {
    await this.act(target`/v1/flush`, {});
  }

  async tokens(): Promise<readonly TokenInfo[]> {
    return (await this.read<{ tokens: TokenInfo[] }>(target`/v1/tokens`)).tokens;
  }

  createToken(token: NewToken): Promise<CreatedToken> {
    return this.write('POST', target`/v1/tokens`, token);
  }

  async revokeToken(id: string): Promise<void> {
    await this.write('DELETE', target`/v1/tokens/${id}`, {});
  }

  /** Ends the connection and what is under way on it. Idempotent; the node goes on. */
  async close(): Promise<void> {
    this.connection.close();
  }
}

function commitBody(request: CommitRequest): object {
  const { operations, ...options } = request;
  const calls = operations.map(({ op, args }) => ({ op, args: jsonOf(args as Value) }));
  return { operations: calls, ...writeBody(options) };
}
