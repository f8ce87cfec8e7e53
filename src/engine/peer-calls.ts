/**
 * The peer half of `NodeApi`, put together: one file for each area, all over the same peering. A
 * node that only reads has none of it but what can be read.
 */
import { AdastraError, type Receipt } from '../core/index.ts';
import type { Lane } from '../store/transactions/index.ts';
import {
  conflictOf,
  type ConflictSource,
  conflictSourceOf,
  openConflicts,
  resolveConflict,
} from './conflicts.ts';
import { decidedConflicts } from './decided-conflicts.ts';
import { letterCalls, type LetterSource } from './letter-calls.ts';
import type { PeerApi } from './peer-api.ts';
import { forkCalls } from './peering/fork-calls.ts';
import { linkCalls } from './peering/link-calls.ts';
import { memberCalls } from './peering/member-calls.ts';
import { membersOf } from './peering/member-list.ts';
import type { Peering } from './peering/peering.ts';
import { syncCalls } from './peering/sync-calls.ts';
import { listPolicies, setPolicy } from './policies.ts';

type ConflictCalls = Pick<
  PeerApi,
  'conflicts' | 'conflict' | 'decidedConflicts' | 'resolveConflict' | 'policies' | 'setPolicy'
>;

/** What the calls need of a node; an engine. */
export interface PeerSource extends LetterSource {
  readonly lane: Lane | undefined;
  readonly peering: Peering | undefined;
  checkOpen(): void;
}

/** All calls, bound to one engine. */
export function peerCalls(engine: PeerSource): PeerApi {
  const peering = (): Peering => {
    engine.checkOpen();
    if (engine.peering !== undefined) return engine.peering;
    throw new AdastraError('read_only', 'this node was opened for reading: it has no peers', {
      hint: 'open it without readOnly',
    });
  };
  return {
    ...memberCalls(peering),
    ...linkCalls(peering),
    ...syncCalls(peering),
    ...forkCalls(peering),
    ...letterCalls(engine, peering),
    ...conflictCalls(engine),
  };
}

function conflictCalls(engine: PeerSource): ConflictCalls {
  const source = (): ConflictSource => {
    engine.checkOpen();
    const { lane, peering, parts } = engine;
    const names = new Map(
      peering === undefined
        ? []
        : membersOf(peering).map(({ fingerprint, nodeId }) => [fingerprint, nodeId]),
    );
    const nodeIdOf = (origin: string): string => {
      const fingerprint = origin.slice(0, 32);
      return names.get(fingerprint) ?? fingerprint.slice(0, 8);
    };
    return conflictSourceOf(parts.replica, lane as Lane, nodeIdOf);
  };
  return {
    conflicts: async function* (options) {
      yield* openConflicts(source(), options);
    },
    conflict: async (key) => conflictOf(source(), key),
    decidedConflicts: async function* (options) {
      engine.checkOpen();
      const { log, replica, env } = engine.parts;
      for (const found of decidedConflicts({ log, decided: replica.decided }, options)) {
        yield found;
        // Each takes some milliseconds of reading: a long list must not hold the event loop up.
        await new Promise<void>((resolve) => env.timers.soon(resolve));
        engine.checkOpen();
      }
    },
    resolveConflict: async (key, resolution, options): Promise<Receipt> =>
      resolveConflict(engine.writable(), key, resolution, options),
    policies: async () => {
      engine.checkOpen();
      return listPolicies(engine.parts.replica.storage);
    },
    setPolicy: async (prefix, rule) => setPolicy(engine.writable(), prefix, rule),
  };
}
