/**
 * One typed line into arguments, as a shell would, without variables, globs or pipes: blanks
 * separate, '…' is literal, "…" knows \" and \\, a backslash outside quotes takes the next
 * character as it is. JSON can so be typed as '{"a": 1}'. An unterminated quote is refused, never
 * guessed.
 */
import { AdastraError } from '../core/index.ts';

/**
 * The arguments of `line`; throws `invalid_argument` for an unterminated quote or a last backslash.
 */
export function tokenize(line: string): string[] {
  const tokens: string[] = [];
  let token: string | undefined;
  let at = 0;
  while (at < line.length) {
    const character = line[at] as string;
    if (character === ' ' || character === '\t') {
      if (token !== undefined) tokens.push(token);
      token = undefined;
      at += 1;
    } else if (character === "'" || character === '"') {
      const { text, next } = quoted(line, at, character);
      token = (token ?? '') + text;
      at = next;
    } else if (character === '\\') {
      if (at + 1 >= line.length) throw unterminated('the line ends in a backslash', at);
      token = (token ?? '') + line[at + 1];
      at += 2;
    } else {
      token = (token ?? '') + character;
      at += 1;
    }
  }
  if (token !== undefined) tokens.push(token);
  return tokens;
}

function quoted(line: string, start: number, quote: string): { text: string; next: number } {
  let text = '';
  for (let at = start + 1; at < line.length; at++) {
    const character = line[at] as string;
    if (character === quote) return { text, next: at + 1 };
    const escaped = line[at + 1];
    if (quote === '"' && character === '\\' && (escaped === '"' || escaped === '\\')) {
      text += escaped;
      at += 1;
    } else text += character;
  }
  throw unterminated(`the quote ${quote} is not closed`, start);
}

function unterminated(what: string, at: number): AdastraError {
  return new AdastraError('invalid_argument', `${what} (column ${at + 1})`, {
    details: { column: at + 1 },
  });
}

const PLAIN = /^[\w@%+=:,./-]+$/;

/** The inverse for messages: arguments as a line that a POSIX shell reads back. */
export function quoteArguments(tokens: readonly string[]): string {
  return tokens
    .map((token) => (PLAIN.test(token) ? token : `'${token.replaceAll("'", String.raw`'\''`)}'`))
    .join(' ');
}
