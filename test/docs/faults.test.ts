/** docs/faults.md has every row of the list of faults, and every test that it names exists. */
import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const DOCUMENT = new URL('../../docs/faults.md', import.meta.url);
const text = readFileSync(DOCUMENT, 'utf8');

interface Row {
  readonly name: string;
  /** What happens, what the node does. */
  readonly words: readonly string[];
  readonly shownBy: readonly { readonly title: string; readonly file: URL }[];
}

function rowsOf(document: string): Row[] {
  return document
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| ---'))
    .map((line) => line.slice(2, -2).split(' | '))
    .filter((cells) => cells.at(-1) !== 'shown by')
    .map((cells) => ({
      name: cells[0] as string,
      words: cells.slice(1, -1),
      shownBy: [...(cells.at(-1) as string).matchAll(/\[([^\]]+)\]\(([^)\s]+\.test\.ts)\)/g)].map(
        ([, title = '', path = '']) => ({ title, file: new URL(path, DOCUMENT) }),
      ),
    }));
}

/** Citations of tests that are not there. */
function unshown(rows: readonly Row[]): string[] {
  return rows.flatMap(({ name, shownBy }) =>
    shownBy
      .filter(({ title, file }) => !existsSync(file) || !hasTest(readFileSync(file, 'utf8'), title))
      .map(({ title, file }) => `${name}: ${file.pathname}: ${title}`),
  );
}

/** A title as the first argument of a test, on its own line or behind the bracket. */
function hasTest(source: string, title: string): boolean {
  const quoted = [`'${title}'`, `"${title}"`, `\`${title}\``];
  return source
    .split('\n')
    .some(
      (line) => /^\s*(?:test|it|\]\)|['"`])/.test(line) && quoted.some((one) => line.includes(one)),
    );
}

it('has the rows C1 to C5 and N1 to N18, each once and filled', () => {
  const rows = rowsOf(text);
  const numbered = (letter: string, count: number): string[] =>
    Array.from({ length: count }, (_, at) => `${letter}${at + 1}`);
  const names = rows.map(({ name }) => name).filter((name) => /^[A-Z]\d+$/.test(name));
  expect(names).toEqual([...numbered('C', 5), ...numbered('N', 18)]);
  for (const { name, words, shownBy } of rows) {
    expect(shownBy.length, name).toBeGreaterThan(0);
    for (const cell of words) expect(cell.length, name).toBeGreaterThan(4);
  }
});

it('names tests that exist', () => {
  expect(unshown(rowsOf(text))).toEqual([]);
});

it('would see a test that is gone, and a file that is', () => {
  const [row] = rowsOf(text) as [Row];
  const [citation] = row.shownBy as [Row['shownBy'][0]];
  const gone = { ...row, shownBy: [{ ...citation, title: `${citation.title} or so` }] };
  const moved = { ...row, shownBy: [{ ...citation, file: new URL('no.test.ts', DOCUMENT) }] };
  expect(unshown([gone, moved])).toHaveLength(2);
});
