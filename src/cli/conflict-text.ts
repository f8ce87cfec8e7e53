/**
 * Conflicts as JSON for programs and as lines for people, their values cleaned: other nodes wrote
 * them.
 */
import { jsonOf, type Sibling, type Value } from '../core/index.ts';
import type { ConflictInfo, DecidedConflict } from '../engine/index.ts';
import { cleanJson, cleanText } from './clean-text.ts';
import { when } from './tables.ts';

/** With values in their JSON form. */
export function conflictJson(conflict: ConflictInfo | DecidedConflict): object {
  const { value, siblings, ...rest } = conflict;
  return { ...rest, ...valueField(value), siblings: siblings.map(siblingJson) };
}

function siblingJson({ value, ...rest }: Sibling): object {
  return { ...rest, ...valueField(value) };
}

function valueField(value: Value | undefined): object {
  return value === undefined ? {} : { value: jsonOf(value) };
}

/** A value in one line. */
export function valueText(value: Value | undefined): string {
  return value === undefined ? 'nothing' : cleanJson(JSON.stringify(jsonOf(value)));
}

/** One line of a list. */
export function conflictLine({ key, siblings, value, policy, undecided }: ConflictInfo): string {
  const mark = undecided ? ', undecided' : '';
  const read = valueText(value);
  return `${cleanText(key)}  ${siblings.length} versions, reads as ${read} (${policy}${mark})`;
}

/** All that is known of one conflict. */
export function conflictText(conflict: ConflictInfo): string {
  const lines = conflict.siblings.map(({ kind, value, stamp, nodeId }) => {
    return `  ${siblingText({ kind, value })}  by ${cleanText(nodeId)}, stamp ${cleanText(stamp)}`;
  });
  return [conflictLine(conflict), ...lines].join('\n');
}

/** One line of the journal; `nameOf` names the node behind an origin. */
export function decidedLine(decided: DecidedConflict, nameOf: (origin: string) => string): string {
  const { key, seq, timeMs, decidedBy, kind, value, siblings, reason } = decided;
  const choice = siblings.map((one) => `${siblingText(one)} by ${cleanText(nameOf(one.origin))}`);
  const why = reason === undefined ? '' : ` (${reason})`;
  const head = cleanText(`${seq}  ${when(timeMs)}  ${key}`);
  const by = cleanText(`by ${nameOf(decidedBy)}${why}`);
  return `${head}: ${siblingText({ kind, value })} ${by}, out of ${choice.join(' and ')}`;
}

function siblingText({ kind, value }: Pick<Sibling, 'kind' | 'value'>): string {
  return kind === 'remove' ? 'removed' : valueText(value);
}
