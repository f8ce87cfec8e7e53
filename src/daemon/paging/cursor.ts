/**
 * Where the next page of a query begins, as text that only says so to whoever made it: the place,
 * behind a digest of it and of the query. A cursor that was changed, or of another query, is
 * refused; one that somebody made up says no more than where to begin inside what may be asked for.
 */
import { createHash } from 'node:crypto';
import { AdastraError } from '../../core/index.ts';

/** What stands in a cursor: a key, a seq, a digest, how many are left. */
export type CursorPlace = readonly (string | number | null)[];

const DIGEST_BYTES = 8;
/** A key of 1 KiB, escaped, and what stands beside it. */
const CHARACTERS_MAX = 16 * 1024;

/** `query` names all that makes the query what it is, but for the size of its pages. */
export function cursorOf(query: object, place: CursorPlace): string {
  const body = Buffer.from(JSON.stringify(place));
  return Buffer.concat([digestOf(query, body), body]).toString('base64url');
}

/** Throws `invalid_argument`. */
export function placeOfCursor(cursor: string, query: object): CursorPlace {
  if (cursor.length > CHARACTERS_MAX) throw notOfThis();
  const bytes = Buffer.from(cursor, 'base64url');
  const body = bytes.subarray(DIGEST_BYTES);
  // Other texts can stand for the same bytes.
  const isWhole = body.length > 0 && bytes.toString('base64url') === cursor;
  if (!isWhole || !digestOf(query, body).equals(bytes.subarray(0, DIGEST_BYTES))) throw notOfThis();
  return JSON.parse(body.toString()) as CursorPlace;
}

function digestOf(query: object, body: Buffer): Buffer {
  const fields = Object.entries(query).filter(([, value]) => value !== undefined);
  const named = JSON.stringify(fields.sort(([one], [other]) => (one < other ? -1 : 1)));
  const hash = createHash('sha256').update(`${named.length}:${named}`).update(body);
  return hash.digest().subarray(0, DIGEST_BYTES);
}

/** What is not a place of this query. */
export function notOfThis(): AdastraError {
  return new AdastraError('invalid_argument', 'the cursor is not one of this query', {
    hint: 'give it back as it came, with the same query; begin without one',
    details: { field: 'cursor' },
  });
}
