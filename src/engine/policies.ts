/**
 * The rules by which conflicts are decided: entries of the system, one for each key prefix, changed
 * by an admin's commit. Here they are listed and set; who decides by them is the lane.
 */
import {
  AdastraError,
  isReservedKey,
  isWellFormed,
  type Receipt,
  utf8Length,
} from '../core/index.ts';
import {
  POLICY_KEY_PREFIX,
  POLICY_NAMES,
  statedRule,
  type StatedRule,
} from '../store/operations/index.ts';
import type { Storage } from '../store/storage/index.ts';
import { type Lane, redecide, type Writes } from '../store/transactions/index.ts';
import type { PolicyRule } from './peer-api.ts';

/** Every rule of the world, by prefix; the empty prefix is for all keys. */
export function listPolicies(storage: Storage): PolicyRule[] {
  const rules: PolicyRule[] = [];
  const cursor = storage.range({ prefix: POLICY_KEY_PREFIX, includeSystem: true });
  while (cursor.next()) {
    const rule = statedRule(storage.get(cursor.key));
    if (rule !== undefined)
      rules.push({ prefix: cursor.key.slice(POLICY_KEY_PREFIX.length), ...rule });
  }
  return rules;
}

/**
 * States the rule of a prefix, or takes it away; every open conflict below it is decided anew.
 * Throws `invalid_argument`. Who may do it is for the caller to check.
 */
export async function setPolicy(
  writes: Writes,
  prefix: string,
  rule: Omit<PolicyRule, 'prefix'> | undefined,
): Promise<Receipt> {
  const key = POLICY_KEY_PREFIX + checkedPrefix(prefix);
  const value = rule === undefined ? undefined : checkedRule(rule);
  const { receipt } = await writes.transactSystem((tx) => {
    if (value === undefined) tx.remove(key);
    else tx.put(key, value);
  });
  return receipt;
}

/**
 * Right after opening: conflicts that other code decided, or that nobody could decide, are decided
 * by the code of today. Resolves when the views are durable; if the disk refuses they stay as they
 * were until the next opening.
 */
export async function decideAnew(lane: Lane): Promise<void> {
  if (redecide(lane, 'code changed') === 0) return;
  await lane.flush().catch(() => {});
}

function checkedPrefix(prefix: unknown): string {
  if (typeof prefix !== 'string' || !isWellFormed(prefix)) {
    throw invalid('a prefix is a text');
  }
  if (isReservedKey(prefix)) throw invalid('keys of the system are always last-write-wins');
  if (utf8Length(POLICY_KEY_PREFIX + prefix) > KEY_BYTES_MAX)
    throw invalid('the prefix is too long');
  return prefix;
}

const KEY_BYTES_MAX = 1024;
const NAME_LENGTH_MAX = 128;

function checkedRule(rule: Omit<PolicyRule, 'prefix'>): StatedRule {
  const { policy, name, version } = rule;
  if (!POLICY_NAMES.includes(policy))
    throw invalid(`a policy is one of ${POLICY_NAMES.join(', ')}`);
  if (policy !== 'custom') {
    if (name !== undefined || version !== undefined) {
      throw invalid('only custom has a name and a version');
    }
    return { policy };
  }
  if (typeof name !== 'string' || name.length === 0 || name.length > NAME_LENGTH_MAX) {
    throw invalid('custom needs the name of its code, 1 to 128 characters');
  }
  if (version === undefined || !Number.isSafeInteger(version) || version < 1) {
    throw invalid('custom needs the version of its code, a whole number from 1');
  }
  return { policy, name, version };
}

function invalid(message: string): AdastraError {
  return new AdastraError('invalid_argument', message);
}
