/**
 * The options that have to do with other nodes: where to listen, how to be found, how to sync. What
 * is absent is off: opening never binds a port unasked.
 */
import { AdastraError } from '../core/index.ts';
import type { DiscoveryOptions, TransportOptions } from './peer-api.ts';

export interface RetryOptions {
  /** Milliseconds before the first retry; default 500. */
  readonly minMs?: number | undefined;
  /** The longest wait between two; default 60,000. */
  readonly maxMs?: number | undefined;
}

export interface SyncOptions {
  /** Whether the node ticks by itself; default true. */
  readonly autoTick?: boolean | undefined;
  /** Milliseconds after which what was sent and not acknowledged is sent again; default 10,000. */
  readonly ackTimeoutMs?: number | undefined;
  readonly retry?: RetryOptions | undefined;
  /** Whether known members are connected to by themselves; default true. */
  readonly autoConnect?: boolean | undefined;
}

/** With every default filled in; transport and discovery `undefined` where they are off. */
export interface ResolvedPeerOptions {
  readonly transport: Required<Pick<TransportOptions, 'host' | 'port'>> | undefined;
  readonly discovery: DiscoveryOptions | undefined;
  readonly sync: {
    readonly autoTick: boolean;
    readonly ackTimeoutMs: number;
    readonly retryMinMs: number;
    readonly retryMaxMs: number;
    readonly autoConnect: boolean;
  };
}

/** The option fields of a node that this file knows. */
export interface PeerOptions {
  /** Listens for peers once the node is open. */
  readonly transport?: TransportOptions | undefined;
  /** Announces this node and looks for others. */
  readonly discovery?: DiscoveryOptions | undefined;
  readonly sync?: SyncOptions | undefined;
}

const TRANSPORT = ['host', 'port'];
const DISCOVERY = ['host', 'port', 'targets', 'interfaces'];
const SYNC = ['autoTick', 'ackTimeoutMs', 'retry', 'autoConnect'];
const RETRY = ['minMs', 'maxMs'];
const LONGEST_MS = 24 * 3_600_000;

/** Throws `invalid_options`; `checkNames` refuses names that are not in a list. */
export function resolvePeerOptions(
  options: PeerOptions,
  checkNames: (given: object, known: readonly string[], what: string) => void,
): ResolvedPeerOptions {
  const { transport, discovery, sync = {} } = options;
  if (transport !== undefined) {
    checkObject('transport', transport);
    checkNames(transport, TRANSPORT, 'option of transport');
    checkAddress('transport', transport);
  }
  if (discovery !== undefined) {
    checkObject('discovery', discovery);
    checkNames(discovery, DISCOVERY, 'option of discovery');
    checkAddress('discovery', discovery);
    checkTexts('discovery.targets', discovery.targets);
    checkTexts('discovery.interfaces', discovery.interfaces);
  }
  checkObject('sync', sync);
  checkNames(sync, SYNC, 'option of sync');
  return {
    transport:
      transport === undefined
        ? undefined
        : { host: transport.host ?? '127.0.0.1', port: transport.port ?? 0 },
    discovery,
    sync: resolveSync(sync, checkNames),
  };
}

function resolveSync(
  sync: SyncOptions,
  checkNames: (given: object, known: readonly string[], what: string) => void,
): ResolvedPeerOptions['sync'] {
  const retry = sync.retry ?? {};
  checkObject('sync.retry', retry);
  checkNames(retry, RETRY, 'option of sync.retry');
  for (const name of ['autoTick', 'autoConnect'] as const) {
    if (sync[name] !== undefined && typeof sync[name] !== 'boolean')
      throw invalid(`sync.${name}`, `sync.${name} is a boolean`);
  }
  const retryMinMs = duration('sync.retry.minMs', retry.minMs, 500);
  const retryMaxMs = duration('sync.retry.maxMs', retry.maxMs, 60_000);
  if (retryMaxMs < retryMinMs)
    throw invalid('sync.retry.maxMs', 'sync.retry.maxMs is below sync.retry.minMs');
  return {
    autoTick: sync.autoTick ?? true,
    autoConnect: sync.autoConnect ?? true,
    ackTimeoutMs: duration('sync.ackTimeoutMs', sync.ackTimeoutMs, 10_000),
    retryMinMs,
    retryMaxMs,
  };
}

function checkAddress(name: string, { host, port }: { host?: unknown; port?: unknown }): void {
  if (host !== undefined && (typeof host !== 'string' || host.length === 0))
    throw invalid(`${name}.host`, `${name}.host is a name or an address`);
  if (port === undefined) return;
  if (!Number.isInteger(port) || (port as number) < 0 || (port as number) > 65_535)
    throw invalid(`${name}.port`, `${name}.port is a whole number from 0 to 65535`);
}

function checkTexts(name: string, value: unknown): void {
  if (value === undefined) return;
  const fits = Array.isArray(value) && value.every((one) => typeof one === 'string' && one !== '');
  if (!fits) throw invalid(name, `${name} is a list of texts`);
}

function duration(name: string, value: number | undefined, byDefault: number): number {
  if (value === undefined) return byDefault;
  if (Number.isSafeInteger(value) && value >= 1 && value <= LONGEST_MS) return value;
  throw invalid(name, `${name} is a whole number of milliseconds from 1 to ${LONGEST_MS}`);
}

function checkObject(name: string, value: unknown): void {
  if (typeof value !== 'object' || value === null) throw invalid(name, `${name} is an object`);
}

function invalid(option: string, message: string): AdastraError {
  return new AdastraError('invalid_options', message, { details: { option } });
}
