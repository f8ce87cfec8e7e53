/**
 * Which directory a command works on, and how: `--data`, then ADASTRA_DATA, then
 * `adastra.config.json` in the working directory, then `./adastra-data`. Nothing here creates or
 * opens anything but that one file.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { AdastraError, type Durability } from '../core/index.ts';
import type { Terminal } from './terminal.ts';

const CONFIG_FILE = 'adastra.config.json';
const DEFAULT_DIRECTORY = 'adastra-data';
const LEVELS: readonly string[] = ['always', 'interval', 'os'];

/** What one run works on. */
export interface Settings {
  /** Absolute. */
  readonly dataDir: string;
  /** `undefined`: the engine's default. */
  readonly durability: Durability | undefined;
}

/** Settles the settings; `data` is the value of `--data`. Throws `invalid_options`. */
export function settle(terminal: Terminal, data: string | undefined): Settings {
  const config = readConfig(terminal.cwd);
  const named = data ?? nonEmpty(terminal.env['ADASTRA_DATA']) ?? config.data ?? DEFAULT_DIRECTORY;
  if (named === '') throw new AdastraError('invalid_options', '--data is empty');
  return { dataDir: resolve(terminal.cwd, named), durability: config.durability };
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

interface Config {
  readonly data?: string;
  readonly durability?: Durability;
}

function readConfig(directory: string): Config {
  const path = resolve(directory, CONFIG_FILE);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw unfit(path, `cannot be read: ${(error as Error).message}`);
  }
  return checkConfig(path, parse(path, text));
}

function parse(path: string, text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw unfit(path, `is not JSON: ${(error as Error).message}`);
  }
}

function checkConfig(path: string, config: unknown): Config {
  if (typeof config !== 'object' || config === null || Array.isArray(config)) {
    throw unfit(path, 'must hold one JSON object');
  }
  for (const name of Object.keys(config)) {
    if (name !== 'data' && name !== 'durability') {
      throw unfit(path, `has the unknown setting ${JSON.stringify(name)}`);
    }
  }
  const { data, durability } = config as Record<string, unknown>;
  if (data !== undefined && (typeof data !== 'string' || data === '')) {
    throw unfit(path, '"data" must be the path of a directory');
  }
  return {
    ...(data === undefined ? {} : { data }),
    ...(durability === undefined
      ? {}
      : { durability: durabilityOf(durability, `"durability" in ${path}`) }),
  };
}

function unfit(path: string, what: string): AdastraError {
  return new AdastraError('invalid_options', `${path} ${what}`, {
    hint: 'it knows "data" (a directory) and "durability" (always, interval or os)',
    details: { file: path },
  });
}

/** A durability level by name; throws `invalid_options` naming `where`. */
export function durabilityOf(level: unknown, where: string): Durability {
  if (typeof level === 'string' && LEVELS.includes(level)) return level as Durability;
  throw new AdastraError('invalid_options', `${where} must be one of ${LEVELS.join(', ')}`, {
    details: { given: level },
  });
}
