/**
 * From a rule to a view: the one place that knows every policy. Without a rule the last write wins;
 * a rule whose code is missing, of another version or at fault leaves the conflict undecided, and
 * readers get the greatest stamp until it is there.
 */
import { type Cell, GREATEST, type View } from '../../storage/index.ts';
import { applyRemote } from './apply-remote.ts';
import { decideCustom, type PolicyDefinition } from './custom.ts';
import { keepLocal } from './keep-local.ts';
import { lastWriteWins } from './last-write-wins.ts';
import { manual } from './manual.ts';
import { mergeFields } from './merge-fields.ts';
import { isConflict, type Policy, type PolicyContext } from './policy.ts';
import type { PolicyName, StatedRule } from './policy-rule.ts';

const POLICIES: Record<Exclude<PolicyName, 'custom'>, Policy> = {
  'last-write-wins': lastWriteWins,
  'merge-fields': mergeFields,
  manual,
  'keep-local': keepLocal,
  'apply-remote': applyRemote,
};

const UNDECIDED: View = { kind: 'undecided' };

/** What deciding needs beside rule and siblings. */
export interface DecideContext extends PolicyContext {
  readonly definitions: ReadonlyMap<string, PolicyDefinition>;
  /** Told why code of the application could not decide. */
  readonly onFault: (policy: string, reason: string) => void;
}

/** The view of siblings sorted by stamp; never throws for what siblings or code are like. */
export function decideView(
  rule: StatedRule | undefined,
  siblings: readonly Cell[],
  context: DecideContext,
): View {
  if (rule === undefined || !isConflict(siblings)) return GREATEST;
  if (rule.policy !== 'custom') return POLICIES[rule.policy](siblings, context);
  const definition = context.definitions.get(rule.name ?? '');
  if (definition === undefined || definition.version !== rule.version) return UNDECIDED;
  const view = decideCustom(definition, siblings, context);
  if (view.kind !== 'fault') return view;
  context.onFault(definition.name, view.reason);
  return UNDECIDED;
}
