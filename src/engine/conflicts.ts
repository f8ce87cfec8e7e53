/**
 * Conflicts as people see them: the open ones, read from the state; the decided ones, read from the
 * log; and the way to decide one. An open conflict is an entry with more than one sibling, not all
 * removes and not all the same value; any write of the key that has seen them ends it.
 */
import {
  AdastraError,
  checkKey,
  compareKeys,
  type Entry,
  isReservedKey,
  type Receipt,
  type WriteOptions,
} from '../core/index.ts';
import { isConflict } from '../store/operations/index.ts';
import { describeEntry, type Lane, type Writes } from '../store/transactions/index.ts';
import type { ConflictInfo, ConflictsOptions, PolicyName, Resolution } from './peer-api.ts';
import type { Replica } from './replica.ts';

/** What reading conflicts needs beside the state. */
export interface ConflictSource {
  readonly replica: Replica;
  /** The rule of a key; the lane knows it, a node that only reads asks `ruleIn`. */
  ruleOf(key: string): { readonly policy: PolicyName } | undefined;
  /** Human name of the node behind an origin. */
  nodeIdOf(origin: string): string;
}

/** The conflict of a key; `undefined` where there is none. */
export function conflictOf(source: ConflictSource, key: string): ConflictInfo | undefined {
  checkKey(key);
  const { storage, origins } = source.replica;
  const state = storage.readEntry(storage.find(key));
  if (state === undefined || !isConflict(state.siblings)) return undefined;
  const entry = describeEntry(origins, state) as Entry;
  const named = entry.siblings.map((one) => ({ ...one, nodeId: source.nodeIdOf(one.origin) }));
  return {
    key,
    policy: source.ruleOf(key)?.policy ?? 'last-write-wins',
    undecided: entry.undecided,
    value: entry.value,
    siblings: named,
  };
}

/** Open conflicts in key order; those decided while the list is read are left out. */
export function* openConflicts(
  source: ConflictSource,
  options: ConflictsOptions = {},
): Generator<ConflictInfo, void, undefined> {
  const { prefix = '' } = options;
  let left = checkedLimit(options.limit);
  const keys: string[] = [];
  for (const key of source.replica.storage.conflicts()) {
    if (key.startsWith(prefix) && isReservedKey(key) === isReservedKey(prefix)) keys.push(key);
  }
  for (const key of keys.sort(compareKeys)) {
    if (left <= 0) return;
    const conflict = conflictOf(source, key);
    if (conflict === undefined) continue;
    left--;
    yield conflict;
  }
}

/**
 * Ends a conflict by a commit that has seen all siblings. Throws `not_found` where the key has no
 * conflict, `condition_failed` where the sibling named by its stamp is no longer one of them.
 */
export async function resolveConflict(
  writes: Writes,
  key: string,
  resolution: Resolution,
  options: WriteOptions = {},
): Promise<Receipt> {
  const { receipt } = await writes.transact(
    (tx) => {
      const entry = tx.getEntry(key);
      if (entry === undefined || !isOpen(entry)) throw noConflict(key);
      const chosen = choiceOf(key, entry, resolution);
      if (chosen.remove) tx.remove(key);
      else tx.put(key, chosen.value);
    },
    { ...options, reason: options.reason ?? 'conflict resolved' },
  );
  return receipt;
}

/** Like `isConflict`, of an entry that has a put sibling; equal values have equal text. */
function isOpen({ siblings }: Entry): boolean {
  return siblings.length > 1;
}

interface Choice {
  readonly remove: boolean;
  readonly value?: unknown;
}

function choiceOf(key: string, entry: Entry, resolution: Resolution): Choice {
  const given = typeof resolution === 'object' && resolution !== null ? resolution : NOTHING;
  const forms = ['stamp', 'value', 'remove'].filter((name) => name in given);
  if (forms.length !== 1) throw noChoice();
  if ('value' in given) return { remove: false, value: given.value };
  if ('remove' in given) {
    if (given.remove) return { remove: true };
    throw noChoice();
  }
  const { stamp } = given as { stamp: string };
  const sibling = entry.siblings.find((one) => one.stamp === stamp);
  if (sibling === undefined) throw staleChoice(key, entry);
  return sibling.kind === 'remove' ? { remove: true } : { remove: false, value: sibling.value };
}

const NOTHING = {} as Resolution;

/** Whatever number of conflicts is wanted; throws `invalid_argument`. */
export function checkedLimit(limit: unknown): number {
  if (limit === undefined) return Number.POSITIVE_INFINITY;
  if (Number.isSafeInteger(limit) && (limit as number) >= 0) return limit as number;
  throw new AdastraError('invalid_argument', 'limit is a whole number from 0');
}

function noChoice(): AdastraError {
  return new AdastraError(
    'invalid_argument',
    'a resolution is { stamp }, { value } or { remove: true }',
  );
}

function noConflict(key: string): AdastraError {
  return new AdastraError('not_found', `${JSON.stringify(key)} has no conflict`, {
    hint: 'somebody may have decided it: adastra conflicts list',
    details: { key },
  });
}

function staleChoice(key: string, { stamps, value }: Entry): AdastraError {
  return new AdastraError(
    'condition_failed',
    `${JSON.stringify(key)} has other siblings now than the one that was chosen`,
    {
      hint: 'look at the conflict again, then choose',
      details: { key, condition: 'stamp', stamps, actual: value },
    },
  );
}

/** What a writing node reads conflicts from. */
export function conflictSourceOf(
  replica: Replica,
  lane: Lane,
  nodeIdOf: (origin: string) => string,
): ConflictSource {
  return { replica, nodeIdOf, ruleOf: (key) => lane.policies.ruleOf(key) };
}
