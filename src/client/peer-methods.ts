/**
 * The peer half of the SDK: the same calls as `PeerApi`, on a client that may not be open yet or
 * any more. Assigned at construction, so that there is one list and no forwarding by hand.
 */
import type { Engine, PeerApi } from '../engine/index.ts';

/** Calls that answer by a promise. */
const PROMISED = [
  'invite',
  'members',
  'changeMember',
  'closeMember',
  'startTransport',
  'stopTransport',
  'connect',
  'disconnect',
  'peers',
  'startDiscovery',
  'stopDiscovery',
  'discover',
  'syncStateInfo',
  'tick',
  'outbox',
  'deadLetters',
  'retryDeadLetter',
  'syncWhy',
  'forks',
  'keepBranch',
  'clockRepair',
  'whenAcknowledged',
  'whenStable',
  'conflict',
  'resolveConflict',
  'policies',
  'setPolicy',
] as const satisfies readonly (keyof PeerApi)[];

/** Calls that give an async iterable. */
const STREAMED = ['conflicts', 'decidedConflicts'] as const satisfies readonly (keyof PeerApi)[];

// A call that is in neither list would be missing from the client.
type Listed = (typeof PROMISED)[number] | (typeof STREAMED)[number];
const everyCallIsListed: Exclude<keyof PeerApi, Listed> extends never ? true : never = true;

/** `open` gives the engine or throws `closed`. */
export function peerMethods(open: () => Engine): PeerApi {
  const methods: Record<string, unknown> = {};
  for (const name of PROMISED) {
    methods[name] = async (...args: unknown[]): Promise<unknown> => {
      const call = open()[name] as (...given: unknown[]) => Promise<unknown>;
      return call(...args);
    };
  }
  for (const name of STREAMED) {
    methods[name] = (...args: unknown[]): unknown => {
      const call = open()[name] as (...given: unknown[]) => unknown;
      return call(...args);
    };
  }
  return (everyCallIsListed ? methods : {}) as unknown as PeerApi;
}
