/**
 * VALUE of `store put` into a value. JSON is taken as JSON (with the tags `$date`, `$bigint`,
 * `$bytes`). Text that is not JSON is taken as a string, so that `store put user:1 Gaspard` works,
 * unless it begins like JSON (`{`, `[`, `"`): then it was meant as JSON and the mistake is shown.
 */
import { AdastraError, type Value, valueOfJson } from '../core/index.ts';
import { faultOffset, faultWords } from './json-position.ts';

/** The value that was typed; throws `invalid_value` with the position of the mistake. */
export function typedValue(text: string): Value {
  let json: unknown;
  try {
    json = JSON.parse(text) as unknown;
  } catch {
    if (/^\s*[{["]/.test(text)) throw malformed(text);
    return text;
  }
  return valueOfJson(json);
}

function malformed(text: string): AdastraError {
  return new AdastraError('invalid_value', `the value is not JSON: ${faultWords(text)}`, {
    hint: 'quote it for the shell (\'{"a": 1}\'), or pass --string to store the text as it is',
    details: { position: faultOffset(text) },
  });
}
