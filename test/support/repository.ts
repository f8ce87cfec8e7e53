/**
 * The repository as a map from path to text: what the rules of test/tidy and the tests of documents
 * read. Only what people write: no dependencies, build output, data or fixtures.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root, absolute. */
export const ROOT: string = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

const PASSED_OVER = new Set([
  'node_modules',
  'dist',
  'adastra-data',
  'fixtures',
  'coverage',
  '.git',
]);
const READ = /\.(?:ts|mjs|js|md|json|txt|css|html)$|^(?:LICENSE|NOTICE|run)$/;

/** Every text file of the repository by its path from the root, with `/`. */
export function readRepository(): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  readFolder('', files);
  return files;
}

function readFolder(folder: string, files: Map<string, string>): void {
  for (const entry of readdirSync(join(ROOT, folder), { withFileTypes: true })) {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    const hidden = entry.name.startsWith('.') && entry.name !== '.ci';
    const generated = hidden || entry.name.startsWith('dist.') || PASSED_OVER.has(entry.name);
    if (entry.isDirectory() && !generated) readFolder(path, files);
    if (entry.isFile() && READ.test(entry.name))
      files.set(path, readFileSync(join(ROOT, path), 'utf8'));
  }
}
