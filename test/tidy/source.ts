/**
 * Reading TypeScript without a compiler (TypeScript 7 has no API for it): `codeOf` blanks comments,
 * strings, templates and regular expressions with spaces of the same length, so that positions and
 * lines stay and the rules can search code alone. Imports and functions are found in the result.
 */

/** Files by path from the repository's root, with `/`; what every rule is a function over. */
export type FileMap = ReadonlyMap<string, string>;

export interface ImportStatement {
  readonly specifier: string;
  readonly typeOnly: boolean;
  readonly line: number;
}

export interface FunctionSpan {
  readonly name: string;
  readonly line: number;
  /** Lines with code from the first line of the parameters to the closing brace. */
  readonly codeLines: number;
}

const WORDS_BEFORE_REGEX =
  /(?:^|[^\w$.])(?:return|typeof|case|in|of|delete|void|throw|new|else|do|await|yield|instanceof)$/;
const CONTROL = new Set(['if', 'for', 'while', 'switch', 'catch', 'with', 'await', 'return']);

/** The text with everything blanked that is not code; quotes stay. */
export function codeOf(text: string): string {
  const out: string[] = [];
  scanCode(text, 0, out, false);
  return out.join('');
}

/** Scans from `at` to the end, or to the `}` that closes a template's `${`. */
function scanCode(text: string, start: number, out: string[], inTemplate: boolean): number {
  let at = start;
  let depth = 0;
  while (at < text.length) {
    const char = text[at] as string;
    if (inTemplate && char === '}' && depth === 0) return at;
    if (char === '{') depth += 1;
    if (char === '}') depth -= 1;
    at = scanToken(text, at, out);
  }
  return at;
}

function scanToken(text: string, at: number, out: string[]): number {
  const char = text[at] as string;
  const pair = text.slice(at, at + 2);
  if (pair === '//' || (at === 0 && pair === '#!'))
    return blankTo(text, at, lineEnd(text, at), out);
  if (pair === '/*') return blankTo(text, at, endOf(text, '*/', at + 2), out);
  if (char === "'" || char === '"') return scanQuoted(text, at, out);
  if (char === '`') return scanTemplate(text, at, out);
  if (char === '/' && startsRegex(out)) return scanRegex(text, at, out);
  out.push(char);
  return at + 1;
}

function scanQuoted(text: string, at: number, out: string[]): number {
  const quote = text[at] as string;
  let end = at + 1;
  while (end < text.length && text[end] !== quote && text[end] !== '\n') {
    end += text[end] === '\\' ? 2 : 1;
  }
  out.push(quote);
  blankTo(text, at + 1, Math.min(end, text.length), out);
  if (end < text.length) out.push(text[end] as string);
  return end + 1;
}

function scanTemplate(text: string, start: number, out: string[]): number {
  out.push('`');
  let at = start + 1;
  while (at < text.length && text[at] !== '`') {
    if (text[at] === '\\') {
      at = blankTo(text, at, at + 2, out);
    } else if (text.startsWith('${', at)) {
      out.push('${');
      at = scanCode(text, at + 2, out, true);
      out.push('}');
      at += 1;
    } else {
      at = blankTo(text, at, at + 1, out);
    }
  }
  out.push('`');
  return at + 1;
}

function scanRegex(text: string, start: number, out: string[]): number {
  let at = start + 1;
  let inClass = false;
  while (at < text.length && text[at] !== '\n' && (inClass || text[at] !== '/')) {
    if (text[at] === '[') inClass = true;
    if (text[at] === ']') inClass = false;
    at += text[at] === '\\' ? 2 : 1;
  }
  return blankTo(text, start, at + 1, out);
}

/** A slash divides after a value and begins a regular expression anywhere else. */
function startsRegex(out: readonly string[]): boolean {
  const before = out.slice(-200).join('').trimEnd();
  if (before === '' || WORDS_BEFORE_REGEX.test(before)) return true;
  return !/[\w$)\]}'"`]$/.test(before);
}

function blankTo(text: string, from: number, to: number, out: string[]): number {
  out.push(text.slice(from, to).replaceAll(/[^\n]/g, ' '));
  return to;
}

function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end === -1 ? text.length : end;
}

function endOf(text: string, mark: string, at: number): number {
  const end = text.indexOf(mark, at);
  return end === -1 ? text.length : end + mark.length;
}

/** The line (from 1) of a position. */
export function lineOf(text: string, at: number): number {
  return text.slice(0, at).split('\n').length;
}

/** Every import, re-export and `import()` of a literal, type-only ones included. */
export function importsOf(text: string): ImportStatement[] {
  const code = codeOf(text);
  const pattern = /(?<![.\w$#])(?:from|import\s*\(?)\s*(['"])/g;
  const found: ImportStatement[] = [];
  for (const match of code.matchAll(pattern)) {
    const opening = match.index + match[0].length;
    const specifier = text.slice(opening, code.indexOf(match[1] as string, opening));
    const statement = statementBefore(code, match.index);
    const typeOnly = /^(?:import|export)\s+type\b/.test(statement);
    found.push({ specifier, typeOnly, line: lineOf(text, match.index) });
  }
  return found;
}

function statementBefore(code: string, at: number): string {
  const head = code.slice(0, at);
  const starts = [...head.matchAll(/(?:^|[;\n])\s*(?=(?:import|export)\b)/g)];
  const last = starts.at(-1);
  return last === undefined ? '' : head.slice(last.index + last[0].length);
}

/** Every function with a body in braces: declarations, methods, arrows; nested ones too. */
export function functionsOf(text: string): FunctionSpan[] {
  const code = codeOf(text);
  const pairs = matchPairs(code);
  const found: FunctionSpan[] = [];
  for (const [open, close] of pairs) {
    if (code[open] !== '(') continue;
    const body = bodyAfter(code, close, pairs);
    const before = code.slice(Math.max(0, open - 200), open);
    const name = /([\w$#]+)\s*(?:<[^()]*>)?\s*$/.exec(before)?.[1] ?? nameOfArrow(before);
    if (body === undefined || CONTROL.has(name)) continue;
    const end = pairs.get(body) as number;
    found.push({
      name,
      line: lineOf(text, open),
      codeLines: codeLinesOf(code.slice(open, end + 1)),
    });
  }
  return found;
}

function nameOfArrow(before: string): string {
  return /([\w$#]+)\s*(?:[:=][^=;]*)?$/.exec(before)?.[1] ?? '(anonymous)';
}

function matchPairs(code: string): Map<number, number> {
  const pairs = new Map<number, number>();
  const open: number[] = [];
  for (let at = 0; at < code.length; at += 1) {
    const char = code[at] as string;
    if ('([{'.includes(char)) open.push(at);
    else if (')]}'.includes(char)) {
      const start = open.pop();
      if (start !== undefined) pairs.set(start, at);
    }
  }
  return pairs;
}

/** The `{` of the body behind a parameter list that closes at `close`, or undefined. */
function bodyAfter(
  code: string,
  close: number,
  pairs: ReadonlyMap<number, number>,
): number | undefined {
  let at = skipBlank(code, close + 1);
  if (code[at] === '{') return at;
  if (code.startsWith('=>', at)) return arrowBody(code, at);
  if (code[at] !== ':') return undefined;
  let previous = ':';
  for (at = skipBlank(code, at + 1); at < code.length; at = skipBlank(code, at + 1)) {
    const char = code[at] as string;
    if (code.startsWith('=>', at)) return arrowBody(code, at);
    if (char === '{' && !opensType(previous)) return at;
    if ('([{'.includes(char)) at = pairs.get(at) ?? code.length;
    else if (';,)]}='.includes(char)) return undefined;
    previous = code.slice(Math.max(0, at - 10), at + 1);
  }
  return undefined;
}

function opensType(previous: string): boolean {
  return /(?:[:|&<,([]|\b(?:is|extends|keyof|readonly))$/.test(previous);
}

function arrowBody(code: string, arrow: number): number | undefined {
  const at = skipBlank(code, arrow + 2);
  return code[at] === '{' ? at : undefined;
}

function skipBlank(code: string, start: number): number {
  let at = start;
  while (at < code.length && /\s/.test(code[at] as string)) at += 1;
  return at;
}

/** Lines that hold code; give it the result of `codeOf`. */
export function codeLinesOf(code: string): number {
  return code.split('\n').filter((line) => line.trim() !== '').length;
}
