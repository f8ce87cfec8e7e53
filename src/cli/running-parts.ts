/**
 * What makes an open node one among others, started and stopped in the right order: transport and
 * discovery up, and later socket, discovery and transport down, each within a time. A part that
 * cannot start is a warning, and the node works locally.
 */
import { AdastraError } from '../core/index.ts';
import type { NodeServer } from '../daemon/index.ts';
import type { DiscoveryOptions, Logger, TransportOptions } from '../engine/index.ts';
import type { OpenedNode } from './node-access.ts';
import { addressOf } from './peer-text.ts';

/** How long the goodbyes of one part may take. */
const PART_STOP_MS = 3000;

/** Where a node listens and looks. */
export interface PartSettings {
  readonly transport: TransportOptions;
  /** Whether not listening is an error. */
  readonly requiresTransport: boolean;
  /** `undefined`: it does not look for others. */
  readonly discovery: DiscoveryOptions | undefined;
}

/** Starts transport and discovery; throws only where the transport is required. */
export async function startParts(
  node: OpenedNode,
  { transport, discovery, requiresTransport }: PartSettings,
  log: Logger,
): Promise<void> {
  try {
    const status = await node.startTransport(transport);
    const address = addressOf(status) ?? 'nothing';
    log.info(`listening on ${address}`, { event: 'listening', address });
  } catch (error) {
    if (!AdastraError.is(error) || requiresTransport) throw error;
    log.warn(`not listening for other nodes: ${error.message} (${error.code})`);
  }
  if (discovery === undefined) return;
  try {
    // It says itself where it looks.
    const { warnings = [] } = await node.startDiscovery(discovery);
    for (const warning of warnings) log.warn(warning);
  } catch (error) {
    if (!AdastraError.is(error)) throw error;
    log.warn(`not looking for other nodes: ${error.message} (${error.code})`);
  }
}

/** Stops what runs; never throws. The node itself is the session's to close, behind this. */
export async function stopParts(
  node: OpenedNode,
  server: NodeServer | undefined,
  log: Logger,
): Promise<void> {
  // It bounds its own end: what it has in hand is answered before anything else goes.
  await server?.close();
  const parts: readonly (readonly [string, () => Promise<void>])[] = [
    ['discovery', () => node.stopDiscovery()],
    ['the transport', () => node.stopTransport()],
  ];
  for (const [what, stop] of parts) {
    try {
      await withinTime(stop());
    } catch (error) {
      log.warn(`${what} did not stop cleanly: ${error instanceof Error ? error.message : ''}`);
    }
  }
}

async function withinTime(work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('it took too long')), PART_STOP_MS);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Resolves when the signal is given. */
export function endOf(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
