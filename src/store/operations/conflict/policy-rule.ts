/**
 * Which policy decides which keys: rules by key prefix, each an entry of the system under
 * `$policy/<prefix>`. The longest prefix that fits counts; where none does, and for the system's
 * own keys always, the last write wins. A value that is no rule counts as none.
 */
import { isReservedKey, type Value } from '../../../core/index.ts';
import { isRecord } from '../record.ts';

/** Keys of rules begin with it; the prefix that a rule is for follows. */
export const POLICY_KEY_PREFIX = '$policy/';

/** Every policy by name. */
export const POLICY_NAMES = [
  'last-write-wins',
  'merge-fields',
  'manual',
  'custom',
  'keep-local',
  'apply-remote',
] as const;

export type PolicyName = (typeof POLICY_NAMES)[number];

/** What stands in the entry of a rule. */
export interface StatedRule {
  readonly policy: PolicyName;
  /** Of `custom`: which code decides. */
  readonly name?: string;
  readonly version?: number;
}

/** The rule that a value states, or `undefined` if it states none. */
export function statedRule(value: Value | undefined): StatedRule | undefined {
  if (!isRecord(value)) return undefined;
  const { policy, name, version } = value as { policy?: Value; name?: Value; version?: Value };
  const known = POLICY_NAMES.find((one) => one === policy);
  if (known !== 'custom') return known === undefined ? undefined : { policy: known };
  if (typeof name !== 'string' || !Number.isSafeInteger(version)) return undefined;
  return { policy: known, name, version: version as number };
}

/** Rules by prefix, found by the longest that fits a key. */
export class PolicyRules {
  readonly #rules = new Map<string, StatedRule>();
  /** Lengths of prefixes, greatest first. */
  readonly #lengths: readonly number[];

  constructor(rules: Iterable<readonly [string, StatedRule]> = []) {
    for (const [prefix, rule] of rules) this.#rules.set(prefix, rule);
    const lengths = new Set([...this.#rules.keys()].map((prefix) => prefix.length));
    this.#lengths = [...lengths].sort((a, b) => b - a);
  }

  get isEmpty(): boolean {
    return this.#rules.size === 0;
  }

  get hasMerge(): boolean {
    for (const { policy } of this.#rules.values()) if (policy === 'merge-fields') return true;
    return false;
  }

  /** `undefined`: the last write wins. */
  of(key: string): StatedRule | undefined {
    if (isReservedKey(key)) return undefined;
    for (const length of this.#lengths) {
      if (length > key.length) continue;
      const rule = this.#rules.get(key.slice(0, length));
      if (rule !== undefined) return rule;
    }
    return undefined;
  }
}
