/**
 * Request targets with everything that is put in encoded: `` target`/v1/members/${member}` ``, and
 * an object behind a `?` as a query whose `undefined` fields are left out.
 */
import { AdastraError } from '../core/index.ts';

type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** Path and query of a request; `invalid_argument` for text that has no UTF-8 form. */
export function target(
  parts: TemplateStringsArray,
  ...fields: readonly (string | Query)[]
): string {
  let path = parts[0] ?? '';
  for (const [index, field] of fields.entries()) {
    path += typeof field === 'string' ? encoded(field) : queryText(field);
    path += parts[index + 1] ?? '';
  }
  return path;
}

function queryText(query: Query): string {
  return Object.entries(query)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${encoded(String(value))}`)
    .join('&');
}

function encoded(text: string): string {
  try {
    return encodeURIComponent(text);
  } catch {
    throw new AdastraError('invalid_argument', `${JSON.stringify(text)} has a lone surrogate`);
  }
}
