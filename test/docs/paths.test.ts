/** Files and folders of this repository that documents name are there. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readRepository, ROOT } from '../support/repository.ts';

const PATH = /`((?:src|test|examples|scripts|bench|docs)\/[\w./-]*\w)`/g;

/** `document: path` for each path in backticks that leads nowhere. */
function missingPaths(document: string, text: string): string[] {
  const named = [...text.matchAll(PATH)].map((match) => match[1] as string);
  return named
    .filter((path) => !existsSync(join(ROOT, path)))
    .map((path) => `${document}: ${path}`);
}

const documents = [...readRepository()].filter(([path]) => path.endsWith('.md'));

it.each(documents)('%s names what is there', (path, text) => {
  expect(missingPaths(path, text)).toEqual([]);
});

it('sees a path that leads nowhere', () => {
  expect(missingPaths('a.md', 'as `test/nowhere.test.ts` and `src/core` say')).toEqual([
    'a.md: test/nowhere.test.ts',
  ]);
});
