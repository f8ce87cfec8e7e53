/** What `adastra-db/http` loads is what a browser has: no module of Node, no package, no global. */
import { posix } from 'node:path';
import { expect, it } from 'vitest';
import { readRepository } from '../support/repository.ts';
import { codeOf, type FileMap, importsOf } from '../tidy/source.ts';

/** Globals that only Node has; whoever uses `Buffer` must look first whether there is one. */
const NODE_GLOBALS =
  /(?<![\w$.#])(?:Buffer|process|require|global|setImmediate|__dirname)\b(?!\s*\??:)/;
const LOOKS_FIRST = /typeof Buffer [!=]== '(?:function|undefined)'/;

interface Reached {
  readonly files: string[];
  readonly breaches: string[];
}

/** Every file that is loaded with `entry`, and what of them a browser cannot load. */
function reach(files: FileMap, entry: string): Reached {
  const seen = new Set<string>();
  const breaches: string[] = [];
  const visit = (path: string): void => {
    if (seen.has(path)) return;
    seen.add(path);
    const text = files.get(path);
    if (text === undefined) return void breaches.push(`${path}: is not there`);
    if (!LOOKS_FIRST.test(text) && NODE_GLOBALS.test(codeOf(text))) {
      breaches.push(`${path}: uses ${NODE_GLOBALS.exec(codeOf(text))?.[0]}`);
    }
    for (const { specifier, typeOnly } of importsOf(text)) {
      if (typeOnly) continue;
      if (specifier.startsWith('.')) visit(posix.join(posix.dirname(path), specifier));
      else breaches.push(`${path}: loads ${specifier}`);
    }
  };
  visit(entry);
  return { files: [...seen], breaches };
}

it('is loaded by browsers', () => {
  const { files, breaches } = reach(readRepository(), 'src/http/index.ts');
  expect(breaches).toEqual([]);
  expect(files).toEqual(expect.arrayContaining(['src/core/text.ts', 'src/remote/remote-node.ts']));
  expect(files.filter((path) => path.startsWith('src/engine/'))).toEqual([]);
});

it('sees what browsers cannot load', () => {
  const plant = (text: string): string[] =>
    reach(
      new Map([
        ['src/http/index.ts', "import './a.ts';"],
        ['src/http/a.ts', text],
      ]),
      'src/http/index.ts',
    ).breaches;
  expect(plant("import { a } from 'node:fs';")).toHaveLength(1);
  expect(plant("export { a } from 'hono';")).toHaveLength(1);
  expect(plant('const a = process.pid;')).toHaveLength(1);
  expect(plant("import './b.ts';")).toHaveLength(1);
  expect(plant("import type { A } from 'node:fs';\n// process")).toEqual([]);
});
