/**
 * Commits as lines for people and as plain JSON for programs.
 */
import { type Commit, type HistoryEntry, jsonOf } from '../core/index.ts';
import { cleanText } from './clean-text.ts';
import { when } from './tables.ts';

const KEYS_SHOWN = 3;

/** Position, time and author of a commit. */
export function commitHead(commit: Commit | HistoryEntry): string {
  const author = commit.actor ?? shortOrigin(commit.origin);
  const isVoid = commit.void === undefined ? '' : `  void: ${commit.void}`;
  return cleanText(`${commit.seq}  ${when(commit.timeMs)}  ${author}${isVoid}`);
}

function shortOrigin(origin: string | undefined): string {
  return origin === undefined ? 'local' : origin.slice(0, 8);
}

/** A commit in one line. */
export function commitText(commit: Commit): string {
  const shown = commit.events.slice(0, KEYS_SHOWN).map(({ kind, key }) => `${kind} ${key}`);
  const more = commit.events.length - shown.length;
  const reason = commit.reason === undefined ? '' : `  (${commit.reason})`;
  const rest = `${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}${reason}`;
  return `${commitHead(commit)}  ${cleanText(rest)}`;
}

/** A commit as plain JSON, values with their tags. */
export function commitJson(commit: Commit): object {
  const { events, metadata, ...rest } = commit;
  return {
    ...rest,
    ...(metadata === undefined ? {} : { metadata: jsonOf(metadata) }),
    events: events.map(({ key, kind, value }) =>
      value === undefined ? { key, kind } : { key, kind, value: jsonOf(value) },
    ),
  };
}
