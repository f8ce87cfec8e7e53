/**
 * Server-sent events as bytes: commits, how fresh the node is, the end and what went wrong.
 */
import type { AdastraError, Commit } from '../../core/index.ts';
import type { Freshness, LogPlace } from '../../engine/index.ts';
import { problemOf } from '../problem.ts';
import { recordJson } from '../record-json.ts';
import { placeId } from './place-id.ts';

export function commitText(commit: Commit, place: LogPlace): string {
  return eventText('commit', recordJson(commit), placeId(place));
}

/** Says that the stream lives, and where its reader stands if it has seen all up to `place`. */
export function freshText(freshness: Freshness, place: LogPlace | undefined): string {
  return eventText('fresh', freshness, place && placeId(place));
}

/** The node stops, or another server is asked from here on: a client may come again. */
export const END_TEXT: string = eventText('end', {});

export function errorText(error: AdastraError): string {
  return eventText('error', problemOf(error));
}

function eventText(event: string, data: object, id?: string): string {
  const head = id === undefined ? '' : `id: ${id}\n`;
  return `${head}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
