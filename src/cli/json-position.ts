/**
 * Where JSON text goes wrong. `JSON.parse` of Node 20 often names no position, so this walks the
 * text once more, only after a failure, with a stack of its own, and stops at the first character
 * that no JSON text can have there.
 */
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const SCALAR = /true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const BLANK = /[ \t\n\r]*/y;

type Expected = 'value' | 'valueOrEnd' | 'name' | 'nameOrEnd' | 'colon' | 'commaOrEnd';

/**
 * Offset (UTF-16 units) of the first wrong character; the length of the text if it ends too early.
 */
export function faultOffset(text: string): number {
  const open: string[] = [];
  let expected: Expected = 'value';
  let at = 0;
  for (;;) {
    at = after(BLANK, text, at) ?? at;
    if (expected === 'commaOrEnd' && open.length === 0) return at;
    const character = text[at];
    if (character === undefined) return at;
    const isObject = open.at(-1) === '{';
    if (expected === 'colon') {
      if (character !== ':') return at;
      expected = 'value';
      at += 1;
    } else if (closes(character, expected, isObject)) {
      open.pop();
      expected = 'commaOrEnd';
      at += 1;
    } else if (expected === 'commaOrEnd') {
      if (character !== ',') return at;
      expected = isObject ? 'name' : 'value';
      at += 1;
    } else if (expected === 'name' || expected === 'nameOrEnd') {
      const next = after(STRING, text, at);
      if (next === undefined) return inString(text, at);
      expected = 'colon';
      at = next;
    } else if (character === '{' || character === '[') {
      open.push(character);
      expected = character === '{' ? 'nameOrEnd' : 'valueOrEnd';
      at += 1;
    } else {
      const next = after(character === '"' ? STRING : SCALAR, text, at);
      if (next === undefined) return inString(text, at);
      expected = 'commaOrEnd';
      at = next;
    }
  }
}

function closes(character: string, expected: Expected, isObject: boolean): boolean {
  if (character === '}') return isObject && (expected === 'commaOrEnd' || expected === 'nameOrEnd');
  if (character !== ']') return false;
  return !isObject && (expected === 'commaOrEnd' || expected === 'valueOrEnd');
}

function after(pattern: RegExp, text: string, at: number): number | undefined {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}

/** The wrong character inside a string that begins at `at`, or `at` where there is none. */
function inString(text: string, at: number): number {
  if (text[at] !== '"') return at;
  const good = /(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*/y;
  return after(good, text, at + 1) ?? at;
}

/** Column and what stands there, for a message: `column 6: unexpected "}"`. */
export function faultWords(text: string): string {
  const offset = faultOffset(text);
  const character = text[offset];
  const what =
    character === undefined ? 'it ends too early' : `unexpected ${JSON.stringify(character)}`;
  return `column ${offset + 1}: ${what}`;
}
