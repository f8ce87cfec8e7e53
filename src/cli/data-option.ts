/**
 * The option that a command line printed for people needs to mean the directory of this run, typed
 * in another terminal: in the same folder, without this one's environment.
 */
import { isAbsolute, relative } from 'node:path';
import { settle } from './settings.ts';
import type { Terminal } from './terminal.ts';

/** ` --data …`, or nothing where the directory is what a command takes by itself. */
export function dataOption(terminal: Terminal, dataDir: string): string {
  if (settle({ ...terminal, env: {} }, undefined).dataDir === dataDir) return '';
  const path = relative(terminal.cwd, dataDir);
  const isBelow = path !== '' && !path.startsWith('..') && !isAbsolute(path);
  return ` --data ${shellWord(isBelow ? `./${path}` : dataDir)}`;
}

/** Text as one word of a POSIX shell. */
export function shellWord(text: string): string {
  return /^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
