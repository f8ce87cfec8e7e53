/**
 * Bytes as they come, cut into lines of text. Cuts fall anywhere, inside a character too.
 */
import { AdastraError } from '../core/index.ts';

/** Longer than any record: a commit has at most 8 MiB, its JSON a few times that. */
const LINE_CHARACTERS_MAX = 128 * 1024 * 1024;

/** The lines that `\n` ends; what comes after the last one is left away. `limit_exceeded`. */
export async function* linesOf(
  chunks: AsyncIterable<Uint8Array>,
  charactersMax: number = LINE_CHARACTERS_MAX,
): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  let pending: string[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    const [first = '', ...others] = decoder.decode(chunk, { stream: true }).split('\n');
    pending.push(first);
    length += first.length;
    if (length > charactersMax) throw tooLong(charactersMax);
    if (others.length === 0) continue;
    yield pending.join('');
    const last = others.pop() ?? '';
    yield* others;
    pending = [last];
    length = last.length;
  }
}

function tooLong(limit: number): AdastraError {
  return new AdastraError(
    'limit_exceeded',
    `the node sent a line of more than ${limit} characters`,
    { details: { limitName: 'lineCharactersMax', limit } },
  );
}
