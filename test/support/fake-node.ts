/**
 * A node for tests of the command line: the interface over a sorted map and an array of commits,
 * with command memory, nothing durable. Directories are names in a `FakeWorld`.
 */
import { compareKeys, AdastraError, valueOfJson, jsonOf, checkKey } from '../../src/core/index.ts';
import type {
  ChangedKey,
  Commit,
  CommitRequest,
  Entry,
  PutOptions,
  Range,
  Receipt,
  Value,
} from '../../src/core/index.ts';
import type {
  InitReport,
  JoinReport,
  LockState,
  NodeAccess,
  OwnNode,
  RunningNode,
} from '../../src/cli/node-access.ts';
import type { NodeServer, ServeOptions } from '../../src/daemon/index.ts';
import { FakePeer } from './fake-peer.ts';

interface Put {
  readonly key: string;
  readonly value?: Value;
}

/** Data of one directory; survives closing. */
export class FakeDirectory {
  readonly entries: Map<string, { value: Value; stamp: string }> = new Map();
  readonly commits: Commit[] = [];
  readonly commands: Map<string, { text: string; receipt: Receipt }> = new Map();
  openCount = 0;
}

/** All directories, and the calls on them. */
export class FakeWorld implements NodeAccess {
  readonly directories: Map<string, FakeDirectory> = new Map();
  readonly calls: string[] = [];
  holder: number | undefined;
  damaged = false;
  /** Runs before each commit; may throw. */
  beforeCommit: ((request: CommitRequest, count: number) => void | Promise<void>) | undefined;
  onListed: (() => void) | undefined;
  /** The peer half of every node of this world. */
  readonly peer: FakePeer = new FakePeer();
  /** What the one that is served says of itself. */
  notReady: AdastraError | undefined;
  /** Whether the holder of a locked directory serves it. */
  isServed = false;
  /** Whether `status` tells of other members. */
  hasPeers = false;
  /** Set while a node is served: asks it to stop. */
  stopServed: (() => void) | undefined;

  follow({ follow }: { follow: string }): Promise<OwnNode> {
    return this.open({ dataDir: follow, readOnly: true });
  }

  async open({ dataDir, readOnly }: { dataDir: string; readOnly?: boolean }): Promise<OwnNode> {
    const directory = this.directories.get(dataDir);
    if (directory === undefined)
      throw new AdastraError('not_initialized', `${dataDir} holds no world`);
    if (this.holder !== undefined && readOnly !== true) {
      throw new AdastraError('locked', `process ${this.holder} has ${dataDir} open`, {
        details: { holder: { pid: this.holder } },
      });
    }
    directory.openCount += 1;
    return fakeNode(this, directory);
  }

  async init(dataDir: string, options: { nodeId?: string }): Promise<InitReport> {
    if (this.directories.has(dataDir))
      throw new AdastraError('already_exists', `${dataDir} exists`);
    this.directories.set(dataDir, new FakeDirectory());
    return { nodeId: options.nodeId ?? 'fake-1234', worldId: 'w0', fingerprint: 'f0' };
  }

  async lockState(dataDir: string): Promise<LockState> {
    if (!this.directories.has(dataDir)) return { kind: 'none', reason: 'nothing there' };
    return this.holder === undefined ? { kind: 'free' } : { kind: 'held', pid: this.holder };
  }

  async verify(): ReturnType<NodeAccess['verify']> {
    this.calls.push('verify');
    const problem = { file: '000001.log', offset: 77, reason: 'checksum', seq: 3 };
    const problems = this.damaged ? [problem] : [];
    const figures = { segments: 1, batches: 2, commits: 2, bytes: 10, headSeq: 2, checkpoints: 0 };
    return { ok: !this.damaged, ...figures, problems };
  }

  async repair(): Promise<object> {
    this.calls.push('repair');
    return { keptSeq: 2 };
  }

  async replayVerify(
    _dataDir: string,
    { onProgress }: { onProgress?: (done: number, total: number) => void },
  ): ReturnType<NodeAccess['replayVerify']> {
    onProgress?.(1, 2);
    return { seq: 2, stateHash: 'aa', contentHash: 'bb', commits: 2, matches: !this.damaged };
  }

  async join(dataDir: string, code: string, options: object): Promise<JoinReport> {
    const { signal: _signal, ...rest } = options as { signal?: AbortSignal };
    this.calls.push(`join ${dataDir} ${code} ${JSON.stringify(rest)}`);
    if (code !== 'ADASTRA-CODE') throw new AdastraError('invite_invalid', 'that is no invitation');
    const ids = { nodeId: 'till-2', worldId: 'w0', fingerprint: 'f2' };
    const from = { inviter: 'kitchen', address: '127.0.0.1:4711' };
    return { ...ids, ...from, role: 'write', directory: 'created' };
  }

  async attach(dataDir: string): Promise<RunningNode | undefined> {
    const directory = this.directories.get(dataDir);
    if (!this.isServed || this.holder === undefined || directory === undefined) return undefined;
    this.calls.push('attach');
    const running = {
      pid: this.holder,
      socket: '/fake/node.sock',
      startedAtMs: 1,
      directory: '1:2',
      nodeId: 'fake-1234',
      fingerprint: 'f0',
      worldId: 'w0',
      version: '0.0.0',
    };
    const stop = async (): Promise<void> => {
      this.calls.push('stop');
      this.holder = undefined;
      this.isServed = false;
    };
    const whyNotReady = async (): Promise<AdastraError | undefined> => this.notReady;
    const over = { running, isLost: false, stop, whyNotReady };
    return Object.assign(fakeNode(this, directory), over);
  }

  leftBehind(): undefined {
    return undefined;
  }

  isRunning(pid: number): boolean {
    return pid === this.holder;
  }

  async serve(_node: OwnNode, options: ServeOptions): Promise<NodeServer> {
    this.calls.push('serve');
    this.stopServed = options.onStop;
    return {
      socket: '/fake/node.sock',
      url: undefined,
      announce: (address) => void this.calls.push(`announce ${address}`),
      close: async () => void this.calls.push('unserve'),
    };
  }

  async restore(source: string, dataDir: string): Promise<object> {
    this.calls.push(`restore ${source} ${dataDir}`);
    return { seq: 2 };
  }
}

function isIn(key: string, range: Range): boolean {
  if (key.startsWith('$') && range.system !== true) return false;
  if (range.prefix !== undefined && !key.startsWith(range.prefix)) return false;
  if (range.gt !== undefined && compareKeys(key, range.gt) <= 0) return false;
  if (range.gte !== undefined && compareKeys(key, range.gte) < 0) return false;
  if (range.lt !== undefined && compareKeys(key, range.lt) >= 0) return false;
  return range.lte === undefined || compareKeys(key, range.lte) <= 0;
}

function keysIn(directory: FakeDirectory, range: Range = {}): string[] {
  const keys = [...directory.entries.keys()].filter((key) => isIn(key, range)).sort(compareKeys);
  if (range.reverse === true) keys.reverse();
  return keys.slice(0, range.limit ?? keys.length);
}

function entryOf(directory: FakeDirectory, key: string): Entry | undefined {
  const found = directory.entries.get(key);
  if (found === undefined) return undefined;
  const { value, stamp } = found;
  const siblings = [{ kind: 'put' as const, value, stamp, origin: 'o.1' }];
  return { value, present: true, undecided: false, siblings, stamps: [stamp] };
}

function check(directory: FakeDirectory, key: string, options: PutOptions): void {
  checkKey(key);
  const stamp = directory.entries.get(key)?.stamp;
  const isUnmet =
    (options.ifAbsent === true && stamp !== undefined) ||
    (options.ifStamp !== undefined && String(options.ifStamp) !== stamp);
  if (isUnmet) throw new AdastraError('condition_failed', `${key} is not as expected`);
}

function apply(
  directory: FakeDirectory,
  events: ChangedKey[],
  commandId: string | undefined,
): Receipt {
  const seq = directory.commits.length + 1;
  const stamp = `s${seq}`;
  for (const { key, kind, value } of events) {
    if (kind === 'remove') directory.entries.delete(key);
    else directory.entries.set(key, { value: value ?? null, stamp });
  }
  const base = { seq, origin: 'o.1', originSeq: seq, stamp };
  directory.commits.push({ ...base, timeMs: 1_700_000_000_000 + seq, events });
  const receipt: Receipt = { ...base, durability: 'always', changed: true, replayed: false };
  if (commandId === undefined) return receipt;
  const text = JSON.stringify(events.map(({ key, value }) => [key, jsonOf(value ?? null)]));
  directory.commands.set(commandId, { text, receipt });
  return receipt;
}

function commitOnce(
  directory: FakeDirectory,
  events: ChangedKey[],
  id: string | undefined,
): Receipt {
  const known = id === undefined ? undefined : directory.commands.get(id);
  if (known === undefined) return apply(directory, events, id);
  const text = JSON.stringify(events.map(({ key, value }) => [key, jsonOf(value ?? null)]));
  if (text !== known.text) throw new AdastraError('command_mismatch', 'other content');
  return { ...known.receipt, replayed: true };
}

function fakeNode(world: FakeWorld, directory: FakeDirectory): OwnNode {
  const recovery = {
    checkpointSeq: 0,
    replayedCommits: directory.commits.length,
    headSeq: directory.commits.length,
    cleanClose: true,
    tornBytes: 0,
    aside: [],
    rejectedCheckpoints: [],
    durationMs: 1,
  };
  const head = (): number => directory.commits.length;
  let commitCount = 0;
  const hashes = async () => ({ seq: head(), stateHash: 'aa', contentHash: 'bb' });
  const node = {
    ...world.peer.api(),
    recovery,
    freshness: async () => ({
      seq: head(),
      logSeq: head(),
      lagCommits: 0,
      lagMs: 0,
      source: { kind: 'writer', state: 'connected', sinceMs: 1 },
    }),
    get: async (key: string) => directory.entries.get(key)?.value,
    getEntry: async (key: string) => entryOf(directory, key),
    count: async (range: Range) => keysIn(directory, range).length,
    async *list(range: Range) {
      for (const key of keysIn(directory, range)) {
        yield [key, directory.entries.get(key)?.value ?? null] as [string, Value];
        world.onListed?.();
      }
    },
    put: async (key: string, value: Value, options: PutOptions = {}) => {
      check(directory, key, options);
      return commitOnce(directory, [{ key, kind: 'put', value }], options.commandId);
    },
    remove: async (key: string, options: PutOptions = {}) => {
      check(directory, key, options);
      if (directory.entries.has(key)) {
        return commitOnce(
          directory,
          [{ key, kind: 'remove', value: undefined }],
          options.commandId,
        );
      }
      const nothing = { seq: head(), origin: 'o.1', originSeq: 0, stamp: '' };
      return { ...nothing, durability: 'always' as const, changed: false, replayed: false };
    },
    commit: async (request: CommitRequest) => {
      commitCount += 1;
      await world.beforeCommit?.(request, commitCount);
      const events = request.operations.map(({ args }) => {
        const { key, value } = args as Put;
        return { key, kind: 'put' as const, value };
      });
      for (const { value } of events) {
        if (value === 'refuse') throw new AdastraError('limit_exceeded', 'too large');
      }
      return commitOnce(directory, events, request.commandId);
    },
    preflight: async ({ operations }: CommitRequest) => {
      const value = (operations[0]?.args as Put | undefined)?.value;
      const ok = value !== 'refuse';
      const error = { code: 'limit_exceeded', message: 'too large' };
      return {
        ok,
        seq: head(),
        keys: [],
        operations: [{ op: 'put', ok, ...(ok ? {} : { error }) }],
      };
    },
    receiptOf: async (id: string) => directory.commands.get(id)?.receipt,
    async *history(key: string, { limit = Infinity }: { limit?: number | undefined }) {
      let count = 0;
      for (const { events, ...commit } of [...directory.commits].reverse()) {
        const event = events.find((changed) => changed.key === key);
        if (event === undefined || count >= limit) continue;
        count += 1;
        yield { ...commit, kind: event.kind, value: event.value };
      }
    },
    async *changes({
      from,
      live,
      signal,
    }: {
      from?: number;
      live?: boolean;
      signal?: AbortSignal;
    }) {
      yield* directory.commits.slice((from ?? 1) - 1);
      if (live !== true) return;
      await new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve()));
      throw new AdastraError('aborted', 'aborted');
    },
    hashes,
    checkpoint: async () => ({ seq: head(), file: 'c', bytes: 5, entries: directory.entries.size }),
    backup: async (target: string) => ({ directory: target, seq: head(), bytes: 9, files: 2 }),
    status: async () => ({
      nodeId: 'fake-1234',
      worldId: 'w0',
      fingerprint: 'f0',
      ...(await hashes()),
      health: 'ok' as const,
      store: {
        entries: directory.entries.size,
        systemEntries: 0,
        tombstones: 0,
        conflicts: 0,
        keyBytes: 1,
        valueBytes: 1,
        memoryBytes: 1,
      },
      wal: {
        directory: '/fake',
        headSeq: head(),
        durableSeq: head(),
        baseSeq: 0,
        segments: 1,
        bytes: 2048,
        syncCount: 1,
        syncMsMean: 1,
        pendingCommits: 0,
        durability: 'always' as const,
        term: 1,
        checkpoints: [],
      },
      recovery,
      sync: { state: 'off' as const },
      transport: world.peer.transport,
      discovery: { state: 'off' as const },
      peers: world.hasPeers ? await world.peer.api().peers() : [],
    }),
    nodeInfo: async () => ({ nodeId: 'fake-1234', displayName: '', capabilities: ['store'] }),
    flush: async () => {},
    close: async () => {
      world.calls.push('close');
    },
  };
  return node as unknown as OwnNode;
}

/** A value by its JSON form, for expectations. */
export function value(json: unknown): Value {
  return valueOfJson(json);
}
