/**
 * Code of the application that a running node works with: a module named on the command line
 * (`--operations FILE`, `--projections FILE`), whose exports, or whose default export, are what is
 * wanted. A default export may be one, a list or an object of them; other exports that are
 * something else are left alone, so that a module can export helpers too.
 */
import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { AdastraError } from '../core/index.ts';

/** What a module is to hold. */
export interface Wanted<T> {
  /** Words for messages: `operation`, `projection`. */
  readonly what: string;
  /** How one is made: `defineOperation`. */
  readonly maker: string;
  /** Whether an export is meant to be one; the node checks all of it when it opens. */
  isOne(value: unknown): value is T;
}

/**
 * Everything of the wanted kind that the module at `path` (from `cwd`) exports, each once, in the
 * order of the exports. Throws `invalid_options`: no such file, a module that does not load, or
 * one with nothing of the kind in it.
 */
export async function loadModule<T>(path: string, cwd: string, wanted: Wanted<T>): Promise<T[]> {
  const file = resolve(cwd, path);
  checkFile(file, wanted.what);
  const found = new Set<T>();
  for (const [name, value] of Object.entries(await importFile(file, wanted.what))) {
    const candidates = name === 'default' ? inDefault(value, { file, wanted }) : [value];
    for (const candidate of candidates) if (wanted.isOne(candidate)) found.add(candidate);
  }
  if (found.size > 0) return [...found];
  throw unfit(file, `${file} exports no ${wanted.what}`, {
    hint: `export what ${wanted.maker} returns, by name or as a list by default`,
  });
}

/** Files of the list, one after the other; the node refuses names that stand twice. */
export async function loadModules<T>(
  paths: readonly string[] | undefined,
  cwd: string,
  wanted: Wanted<T>,
): Promise<readonly T[] | undefined> {
  if (paths === undefined) return undefined;
  const found = new Set<T>();
  for (const path of paths) {
    // oxlint-disable-next-line no-await-in-loop -- modules may rely on the order of the options
    for (const one of await loadModule(path, cwd, wanted)) found.add(one);
  }
  return [...found];
}

function checkFile(file: string, what: string): void {
  if (!existsSync(file)) throw unfit(file, `there is no ${file} to load ${what}s from`);
  if (!statSync(file).isFile()) throw unfit(file, `${file} is not a file`);
}

async function importFile(file: string, what: string): Promise<Record<string, unknown>> {
  try {
    return (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  } catch (error) {
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    throw unfit(file, `${file} cannot be loaded for its ${what}s: ${reason}`, {
      hint: `check it with: node ${file}`,
      cause: error,
    });
  }
}

function inDefault<T>(value: unknown, at: { file: string; wanted: Wanted<T> }): unknown[] {
  if (at.wanted.isOne(value)) return [value];
  if (Array.isArray(value)) {
    const wrong = value.findIndex((item) => !at.wanted.isOne(item));
    if (wrong === -1) return value;
    const { file, wanted } = at;
    throw unfit(file, `item ${wrong} of the default export of ${file} is no ${wanted.what}`, {
      hint: `the list holds what ${wanted.maker} returns`,
    });
  }
  return typeof value === 'object' && value !== null ? Object.values(value) : [];
}

function unfit(
  file: string,
  message: string,
  { hint, cause }: { hint?: string; cause?: unknown } = {},
): AdastraError {
  const given = hint === undefined ? {} : { hint };
  return new AdastraError('invalid_options', message, { ...given, cause, details: { file } });
}
