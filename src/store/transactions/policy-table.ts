/**
 * The policies in force in the lane: the rules of the world as the lane sees them (pending ones
 * included), the code that the application gave, and whose key this node has. It answers what a
 * conflict looks like; what it is asked for nothing else can change meanwhile, for code of the
 * application that tries to write from inside is refused.
 */
import { AdastraError, type ValueLimits } from '../../core/index.ts';
import {
  decideView,
  fieldMetaOf,
  POLICY_KEY_PREFIX,
  type PolicyDefinition,
  PolicyRules,
  statedRule,
  type StatedRule,
} from '../operations/index.ts';
import type { Cell, OriginTable, View } from '../storage/index.ts';
import type { Overlay } from './overlay.ts';
import { DEFAULT_WORLD_LIMITS, WORLD_LIMITS_KEY } from './world-limits.ts';

/** Faults of custom code that are reported in one opening; each kind once. */
const FAULTS_MAX = 100;

/** What an application brings along for deciding conflicts. */
export interface PolicySettings {
  readonly definitions: readonly PolicyDefinition[];
  /** Told of code that could not decide; each fault once. */
  readonly warn: (message: string) => void;
}

/** Whether a change of this key can change how conflicts are shown. */
export function concernsPolicies(key: string): boolean {
  return key.startsWith(POLICY_KEY_PREFIX) || key.startsWith(WORLD_LIMITS_KEY);
}

export class PolicyTable {
  readonly #origins: OriginTable;
  readonly #keyId: string;
  readonly #definitions: ReadonlyMap<string, PolicyDefinition>;
  readonly #warn: (message: string) => void;
  readonly #warned = new Set<string>();
  #rules = new PolicyRules();
  #limits: ValueLimits = DEFAULT_WORLD_LIMITS;
  #deciding = false;
  #postponed = false;
  /** Whether an own put may have to say when its fields were changed. */
  hasMerge = false;

  constructor(origins: OriginTable, keyId: string, settings: PolicySettings = NO_POLICIES) {
    this.#origins = origins;
    this.#keyId = keyId;
    this.#definitions = new Map(settings.definitions.map((one) => [one.name, one]));
    this.#warn = settings.warn;
  }

  /** Takes the rules that the lane sees now; `limits`: those of the world. */
  load(overlay: Overlay, limits: ValueLimits): void {
    const keys = new Set<string>(overlay.storage.systemKeys());
    for (const key of overlay.keys()) keys.add(key);
    const rules: [string, StatedRule][] = [];
    for (const key of keys) {
      if (!key.startsWith(POLICY_KEY_PREFIX)) continue;
      const rule = statedRule(overlay.get(key));
      if (rule !== undefined) rules.push([key.slice(POLICY_KEY_PREFIX.length), rule]);
    }
    this.#rules = new PolicyRules(rules);
    this.#limits = limits;
    this.hasMerge = this.#rules.hasMerge;
  }

  /** The rule of a key; `undefined`: the last write wins. */
  ruleOf(key: string): StatedRule | undefined {
    return this.#rules.of(key);
  }

  /** What readers get of several siblings, sorted by stamp. Never throws for what code does. */
  decide(key: string, siblings: readonly Cell[]): View {
    this.#deciding = true;
    try {
      return decideView(this.#rules.of(key), siblings, {
        origins: this.#origins,
        keyId: this.#keyId,
        limits: this.#limits,
        definitions: this.#definitions,
        onFault: this.#onFault,
      });
    } finally {
      this.#deciding = false;
    }
  }

  /** The meta of an own put of `after` over `before`; `undefined` where none is due. */
  metaOf(key: string, before: readonly Cell[], after: Cell): Uint8Array | undefined {
    if (this.#rules.of(key)?.policy !== 'merge-fields') return undefined;
    return fieldMetaOf(before, after, this.#origins);
  }

  /** A key could not be decided with its bundle: everything is looked at right behind it. */
  postpone(): void {
    this.#postponed = true;
  }

  /** Whether something was postponed since the last call. */
  takePostponed(): boolean {
    const postponed = this.#postponed;
    this.#postponed = false;
    return postponed;
  }

  /** Code that decides must not write: what it sees would change below it. */
  checkNotDeciding(): void {
    if (!this.#deciding) return;
    throw new AdastraError('nested_write', 'a conflict policy is running', {
      hint: 'a policy only answers; it reads nothing but its siblings and writes nothing',
    });
  }

  readonly #onFault = (policy: string, reason: string): void => {
    const message = `policy ${policy} left a conflict undecided: ${reason}`;
    if (this.#warned.has(message) || this.#warned.size >= FAULTS_MAX) return;
    this.#warned.add(message);
    this.#warn(message);
  };
}

/** Without code and without anybody to tell. */
const NO_POLICIES: PolicySettings = { definitions: [], warn: () => {} };
