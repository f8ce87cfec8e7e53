/**
 * Keys: well-formed Unicode strings of 1 byte to 1 KiB as UTF-8, ordered by code point, which is
 * the order of their UTF-8 bytes (JavaScript's own `<` differs above U+D7FF). Keys that begin with
 * `$` belong to the system; who may write them is decided above.
 */
import { AdastraError } from './errors.ts';
import { isWellFormed, utf8Length } from './text.ts';

const DOLLAR = 0x24;
const SURROGATES_START = 0xd800;

/** UTF-8 bytes of a good key; throws `invalid_key` for one that is not. */
export function checkKey(key: unknown, keyBytesMax = 1024): number {
  if (typeof key !== 'string') throw notText(key);
  const { length } = key;
  if (length === 0)
    throw new AdastraError('invalid_key', 'the key is empty', { details: { bytes: 0 } });
  if (length > keyBytesMax) throw tooLong(length, keyBytesMax);
  for (let index = 0; index < length; index++) {
    if (key.charCodeAt(index) > 0x7f) return checkWideKey(key, keyBytesMax);
  }
  return length;
}

function checkWideKey(key: string, keyBytesMax: number): number {
  if (!isWellFormed(key)) {
    throw new AdastraError('invalid_key', `the key ${JSON.stringify(key)} has a lone surrogate`, {
      hint: 'a key must have a UTF-8 form',
      details: { key: JSON.stringify(key) },
    });
  }
  const bytes = utf8Length(key);
  if (bytes > keyBytesMax) throw tooLong(bytes, keyBytesMax);
  return bytes;
}

function notText(key: unknown): AdastraError {
  const kind = key === null ? 'null' : typeof key;
  return new AdastraError('invalid_key', `the key is ${kind}, not a string`, {
    details: { type: kind },
  });
}

/**
 * `atLeast` is the exact figure for ASCII; a key with more units than bytes allowed is not
 * measured.
 */
function tooLong(atLeast: number, keyBytesMax: number): AdastraError {
  return new AdastraError(
    'invalid_key',
    `the key takes ${atLeast} bytes or more, the limit is ${keyBytesMax}`,
    {
      details: { limitName: 'keyBytesMax', limit: keyBytesMax, actual: atLeast },
    },
  );
}

/** Whether the key is one of the system's (begins with `$`). */
export function isReservedKey(key: string): boolean {
  return key.charCodeAt(0) === DOLLAR;
}

/** Order by code point; negative, 0 or positive. Both must be well-formed. */
export function compareKeys(a: string, b: string): number {
  const shorter = a.length < b.length ? a.length : b.length;
  for (let index = 0; index < shorter; index++) {
    const left = a.charCodeAt(index);
    const right = b.charCodeAt(index);
    if (left !== right) {
      if (left < SURROGATES_START || right < SURROGATES_START) return left - right;
      return codePointRank(left) - codePointRank(right);
    }
  }
  return a.length - b.length;
}

/** Surrogates stand for code points above all others: they go behind U+E000–U+FFFF. */
function codePointRank(unit: number): number {
  return unit >= 0xe000 ? unit - 0x800 : unit + 0x2000;
}
