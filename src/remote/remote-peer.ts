/**
 * The peer half of a node behind a connection: each call of `PeerApi` as the request that its route
 * takes. Names, arguments and answers are those of a node in this process.
 */
import { AdastraError, type Receipt } from '../core/index.ts';
import { jsonOf, type Value, type WriteOptions } from '../core/index.ts';
import type {
  BranchName,
  ClockRepairReport,
  ConflictInfo,
  ConflictsOptions,
  DeadLetter,
  DecidedConflict,
  DiscoveredNode,
  DiscoveryOptions,
  DiscoveryStatus,
  ForkInfo,
  Invitation,
  InviteOptions,
  MemberChange,
  MemberInfo,
  OutboxEntry,
  PeerApi,
  PeerStatus,
  PolicyRule,
  Resolution,
  SyncStateInfo,
  SyncWhy,
  TickResult,
  TransportOptions,
  TransportStatus,
  WaitOptions,
} from '../engine/index.ts';
import type { Connection, RemoteCall } from './connection.ts';
import { recordOfJson } from './record-json.ts';
import { ndjsonRecords } from './record-streams.ts';
import { target } from './request-target.ts';
import { writeBody } from './write-body.ts';

type By = 'any' | 'all' | readonly string[];

/** Every call of `PeerApi` as the request that its route takes. */
export class RemotePeer implements PeerApi {
  protected readonly connection: Connection;

  constructor(connection: Connection) {
    this.connection = connection;
  }

  // Members

  invite(options: InviteOptions = {}): Promise<Invitation> {
    return this.write('POST', target`/v1/invite`, options);
  }

  async members(): Promise<readonly MemberInfo[]> {
    return (await this.read<{ members: MemberInfo[] }>(target`/v1/members`)).members;
  }

  changeMember(member: string, change: MemberChange): Promise<Receipt> {
    return this.write('PATCH', target`/v1/members/${member}`, change);
  }

  closeMember(member: string, options: { readonly force?: boolean } = {}): Promise<MemberInfo> {
    return this.write('POST', target`/v1/members/${member}/close`, options);
  }

  // Transport and discovery

  startTransport(options: TransportOptions = {}): Promise<TransportStatus> {
    return this.write('POST', target`/v1/transport/start`, options);
  }

  async stopTransport(): Promise<void> {
    await this.write('POST', target`/v1/transport/stop`, {});
  }

  connect(address: string, { signal, timeoutMs }: WaitOptions = {}): Promise<PeerStatus> {
    return this.act(target`/v1/connect`, { target: address, timeoutMs }, signal);
  }

  async disconnect(member: string): Promise<void> {
    await this.act(target`/v1/peers/${member}/disconnect`, {});
  }

  async peers(): Promise<readonly PeerStatus[]> {
    return (await this.read<{ peers: PeerStatus[] }>(target`/v1/peers`)).peers;
  }

  startDiscovery(options: DiscoveryOptions = {}): Promise<DiscoveryStatus> {
    return this.write('POST', target`/v1/discovery/start`, options);
  }

  async stopDiscovery(): Promise<void> {
    await this.write('POST', target`/v1/discovery/stop`, {});
  }

  async discover(options: { readonly waitMs?: number } = {}): Promise<readonly DiscoveredNode[]> {
    const path = target`/v1/discovery/discover`;
    return (await this.act<{ nodes: DiscoveredNode[] }>(path, options)).nodes;
  }

  // Sync

  syncStateInfo(): Promise<SyncStateInfo> {
    return this.read(target`/v1/sync`);
  }

  tick(options: { readonly prune?: boolean } = {}): Promise<TickResult> {
    return this.act(target`/v1/sync/tick`, options);
  }

  async outbox(): Promise<readonly OutboxEntry[]> {
    return (await this.read<{ outbox: OutboxEntry[] }>(target`/v1/sync/outbox`)).outbox;
  }

  async deadLetters(): Promise<readonly DeadLetter[]> {
    const path = target`/v1/sync/dead-letters`;
    const { deadLetters } = await this.read<{ deadLetters: unknown[] }>(path);
    return deadLetters.map((letter) => recordOfJson(letter) as unknown as DeadLetter);
  }

  async retryDeadLetter(
    id: string,
    options: { readonly drop?: boolean } = {},
  ): Promise<Receipt | undefined> {
    const path = target`/v1/sync/dead-letters/${id}/retry`;
    return (await this.write<{ receipt?: Receipt }>('POST', path, options)).receipt;
  }

  syncWhy(subject: string): Promise<SyncWhy> {
    return this.read(target`/v1/sync/why?subject=${subject}`);
  }

  async forks(): Promise<readonly ForkInfo[]> {
    return (await this.read<{ forks: ForkInfo[] }>(target`/v1/sync/forks`)).forks;
  }

  keepBranch(origin: string, branch: BranchName): Promise<Receipt> {
    return this.write('POST', target`/v1/sync/forks/${origin}/keep`, branch);
  }

  clockRepair(): Promise<ClockRepairReport> {
    return this.write('POST', target`/v1/sync/clock-repair`, {});
  }

  async whenAcknowledged(
    receipt: Receipt,
    options: WaitOptions & { readonly by?: By } = {},
  ): Promise<void> {
    const { signal, timeoutMs, by } = options;
    await this.act(target`/v1/sync/acknowledged`, { receipt, timeoutMs, by }, signal);
  }

  async whenStable(receipt: Receipt, { signal, timeoutMs }: WaitOptions = {}): Promise<void> {
    await this.act(target`/v1/sync/stable`, { receipt, timeoutMs }, signal);
  }

  // Conflicts

  conflicts({ prefix, limit }: ConflictsOptions = {}): AsyncGenerator<ConflictInfo> {
    const path = target`/v1/conflicts?${{ prefix, limit }}`;
    return ndjsonRecords(this.connection, { method: 'GET', path });
  }

  async conflict(key: string): Promise<ConflictInfo | undefined> {
    const found = await unlessMissing(this.read(target`/v1/conflict?key=${key}`));
    return found === undefined ? undefined : (recordOfJson(found) as unknown as ConflictInfo);
  }

  decidedConflicts({ prefix, limit }: ConflictsOptions = {}): AsyncGenerator<DecidedConflict> {
    const path = target`/v1/journal?${{ prefix, limit }}`;
    return ndjsonRecords(this.connection, { method: 'GET', path });
  }

  async resolveConflict(
    key: string,
    resolution: Resolution,
    options: WriteOptions = {},
  ): Promise<Receipt> {
    const chosen =
      'value' in resolution ? { value: jsonOf(resolution.value as Value) } : resolution;
    const path = target`/v1/conflict/resolve?key=${key}`;
    return this.write('POST', path, { ...chosen, ...writeBody(options) }, options.signal);
  }

  async policies(): Promise<readonly PolicyRule[]> {
    return (await this.read<{ policies: PolicyRule[] }>(target`/v1/policies`)).policies;
  }

  setPolicy(prefix: string, rule: Omit<PolicyRule, 'prefix'> | undefined): Promise<Receipt> {
    if (rule !== undefined) return this.write('PUT', target`/v1/policies`, { ...rule, prefix });
    return this.send({
      method: 'DELETE',
      path: target`/v1/policies?prefix=${prefix}`,
      isWrite: true,
    });
  }

  // The three kinds of requests

  protected read<T>(path: string, signal?: AbortSignal): Promise<T> {
    return this.send({ method: 'GET', path, signal });
  }

  /** Not a read, and yet nothing is lost or doubled by doing it again. */
  protected act<T>(path: string, body: object, signal?: AbortSignal): Promise<T> {
    return this.send({ method: 'POST', path, body, signal });
  }

  protected write<T>(method: string, path: string, body: object, signal?: AbortSignal): Promise<T> {
    return this.send({ method, path, body, signal, isWrite: true });
  }

  protected async send<T>(call: RemoteCall): Promise<T> {
    return (await this.connection.call(call)) as T;
  }
}

/** `undefined` where the node says that there is no such thing. */
export async function unlessMissing<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    if (AdastraError.is(error) && error.code === 'not_found') return undefined;
    throw error;
  }
}
