/**
 * Who may import whom (ARCHITECTURE.md shows the same table). Rules: a folder is crossed only
 * through its `index.ts`; `env/node` comes in only where the table names it, and through one file
 * of client; packages only where named; no cycles between files, type-only imports included; tests
 * are free.
 */
import { builtinModules } from 'node:module';
import { posix } from 'node:path';
import { importsOf, type FileMap, type ImportStatement } from './source.ts';

interface Allowance {
  /** Folders of src; one that ends in ` types` may be imported for its types only. */
  readonly folders: readonly string[];
  readonly packages?: readonly string[];
}

const LEVELS = ['store/storage', 'store/checkpoint', 'store/operations', 'store/transactions'];
const STORE = ['store', ...LEVELS];
const BELOW_ENGINE = ['core', 'env', 'wal', ...STORE, 'projections', 'sync'];
const SCHEMA = ['@standard-schema/spec types'];

/** The import table. What is not named is refused; a folder may always import its own files. */
export const ALLOWED: Readonly<Record<string, Allowance>> = {
  core: { folders: [] },
  env: { folders: ['core'] },
  'env/memory': { folders: ['core', 'env'] },
  'env/node': { folders: ['core', 'env'], packages: ['node', 'ws', 'fs-native-extensions'] },
  wal: { folders: ['core', 'env'] },
  'store/storage': { folders: ['core', 'env types'] },
  'store/checkpoint': { folders: ['core', 'env', 'store/storage'] },
  'store/operations': { folders: ['core', 'store/storage'], packages: SCHEMA },
  'store/transactions': {
    folders: ['core', 'env', 'wal', 'store/storage', 'store/operations'],
    packages: SCHEMA,
  },
  store: {
    folders: ['core', 'env', 'wal', ...LEVELS],
    packages: SCHEMA,
  },
  projections: { folders: ['core', 'env', 'wal', 'store/storage'] },
  sync: { folders: ['core'] },
  transport: { folders: ['core', 'env'] },
  discovery: { folders: ['core', 'env'] },
  metadata: { folders: ['core', 'env'] },
  engine: {
    folders: [...BELOW_ENGINE, 'transport', 'discovery', 'metadata'],
    packages: SCHEMA,
  },
  client: { folders: ['core', 'env', 'env/memory', 'env/node', 'engine'], packages: SCHEMA },
  remote: { folders: ['core', 'engine types'] },
  http: { folders: ['core', 'engine types', 'remote'] },
  daemon: {
    folders: ['core', 'env', 'env/node', 'engine', 'remote', 'http'],
    packages: ['node', 'hono', '@hono/node-server', 'typebox'],
  },
  cli: {
    folders: ['core', 'env types', 'env/node', 'engine types', 'client', 'daemon'],
    packages: ['node', 'commander', 'picocolors', 'cli-table3', 'cli-progress', 'csv-parse', 'uqr'],
  },
  inspector: { folders: ['daemon types'] },
  testing: {
    folders: [...BELOW_ENGINE, 'env/memory', 'transport', 'engine', 'client'],
    packages: SCHEMA,
  },
};

const NESTED = Object.keys(ALLOWED).filter((name) => name.includes('/'));
const BUILTIN = new Set(builtinModules);

/** Breaches of the import table, of the faces, and of the rule about `env/node` in client. */
export function layerBreaches(files: FileMap): string[] {
  const breaches: string[] = [];
  const platformFiles = new Set<string>();
  for (const [path, text] of sources(files)) {
    const folder = folderOf(path);
    if (ALLOWED[folder] === undefined) breaches.push(`${path}: folder not in the import table`);
    for (const statement of importsOf(text)) {
      const reason = refuse(path, folder, statement);
      if (reason !== undefined) breaches.push(`${path}:${statement.line}: ${reason}`);
      const target = resolve(path, statement.specifier);
      if (folder === 'client' && folderOf(target) === 'env/node') platformFiles.add(path);
    }
  }
  if (platformFiles.size > 1) {
    breaches.push(`env/node from more than one file of client: ${[...platformFiles].join(', ')}`);
  }
  return breaches;
}

/** Each cycle of imports between files of src, once. */
export function importCycles(files: FileMap): string[] {
  const graph = new Map<string, string[]>();
  for (const [path, text] of sources(files)) {
    graph.set(
      path,
      importsOf(text).map(({ specifier }) => resolve(path, specifier)),
    );
  }
  const done = new Set<string>();
  const cycles: string[] = [];
  for (const path of graph.keys()) visit(path, [], { graph, done, cycles });
  return cycles;
}

interface Walk {
  readonly graph: ReadonlyMap<string, readonly string[]>;
  readonly done: Set<string>;
  readonly cycles: string[];
}

function visit(path: string, trail: readonly string[], walk: Walk): void {
  const at = trail.indexOf(path);
  if (at !== -1) {
    walk.cycles.push([...trail.slice(at), path].join(' → '));
    return;
  }
  if (walk.done.has(path)) return;
  for (const next of walk.graph.get(path) ?? []) visit(next, [...trail, path], walk);
  walk.done.add(path);
}

function sources(files: FileMap): Array<[string, string]> {
  return [...files].filter(
    ([path]) => path.startsWith('src/') && path.endsWith('.ts') && !path.endsWith('.test.ts'),
  );
}

/** The folder that a file of src belongs to, as the table names it. */
export function folderOf(path: string): string {
  const inner = path.replace(/^src\//, '');
  const nested = NESTED.find((name) => inner.startsWith(`${name}/`));
  return nested ?? inner.split('/')[0] ?? '';
}

function resolve(path: string, specifier: string): string {
  return specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : specifier;
}

function refuse(path: string, folder: string, statement: ImportStatement): string | undefined {
  const { specifier, typeOnly } = statement;
  if (!specifier.startsWith('.')) return refusePackage(folder, specifier, typeOnly);
  const target = resolve(path, specifier);
  if (!target.startsWith('src/')) return `${specifier} is outside src`;
  if (target.endsWith('.test.ts') || target.includes('/test/')) return `imports the test ${target}`;
  const other = folderOf(target);
  if (other === folder) return undefined;
  if (!allows(ALLOWED[folder]?.folders, other, typeOnly))
    return `${folder} may not import ${other}`;
  const parent = folder.startsWith(`${other}/`);
  if (!parent && target !== `src/${other}/index.ts`)
    return `crosses into ${other} past its index.ts`;
  return undefined;
}

function refusePackage(folder: string, specifier: string, typeOnly: boolean): string | undefined {
  const parts = specifier.split('/');
  const name = specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? '');
  const wanted = specifier.startsWith('node:') || BUILTIN.has(specifier) ? 'node' : name;
  if (allows(ALLOWED[folder]?.packages, wanted, typeOnly)) return undefined;
  return `${folder} may not import ${specifier}`;
}

function allows(list: readonly string[] | undefined, name: string, typeOnly: boolean): boolean {
  if (list === undefined) return false;
  return list.includes(name) || (typeOnly && list.includes(`${name} types`));
}
