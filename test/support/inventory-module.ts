/**
 * The inventory of examples/ built for programs that are processes of their own: the file that
 * `--operations` takes. Needs the built package (`npm run build`).
 */
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compile, link } from './project.ts';
import { ROOT } from './repository.ts';

/** The example as JavaScript for Node: the file that `--operations` takes, and its end. */
export function buildInventory(): { readonly file: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'adastra-inventory-'));
  const manifest = { name: 'inventory', version: '1.0.0', private: true, type: 'module' };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  link(folder, ['adastra-db', '@types/node', 'zod']);
  const source = join(ROOT, 'examples/inventory');
  for (const name of readdirSync(source)) {
    if (name.endsWith('.ts')) cpSync(join(source, name), join(folder, name));
  }
  const options = { module: 'nodenext', moduleResolution: 'nodenext', noEmitOnError: true };
  const { status, output } = compile(folder, options);
  if (status !== 0) throw new Error(`the inventory does not compile: ${output}`);
  return {
    file: join(folder, 'out/operations.js'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
