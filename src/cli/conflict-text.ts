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
    const what = kind === 'remove' ? 'removed' : valueText(value);
    return `  ${what}  by ${cleanText(nodeId)}, stamp ${cleanText(stamp)}`;
  });
  return [conflictLine(conflict), ...lines].join('\n');
}

/** One line of the journal. */
export function decidedLine(decided: DecidedConflict): string {
  const { key, seq, timeMs, decidedBy, kind, value, siblings, reason } = decided;
  const what = kind === 'remove' ? 'removed' : valueText(value);
  const why = reason === undefined ? '' : ` (${reason})`;
  const head = cleanText(`${seq}  ${when(timeMs)}  ${key}`);
  return `${head}: ${what} out of ${siblings.length}, by ${cleanText(decidedBy)}${cleanText(why)}`;
}
