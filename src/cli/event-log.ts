/**
 * What a running node does by itself, a line each on stderr: time, level where it is more than
 * news, words. `--quiet` leaves warnings and errors. Names of other nodes stand in these lines, so
 * they are cleaned.
 */
import type { Logger } from '../engine/index.ts';
import { cleanText } from './clean-text.ts';
import type { Output } from './output.ts';
import type { Terminal } from './terminal.ts';

/** A logger that writes lines for people. */
export function eventLog(output: Output, { stderr }: Terminal): Logger {
  const { dim, yellow, red } = output.noteColors;
  const write = (mark: string, message: string): void => {
    stderr.write(`${dim(new Date().toISOString())} ${mark}${cleanText(message)}\n`);
  };
  return {
    debug: () => {},
    info: (message) => (output.quiet ? undefined : write('', message)),
    warn: (message) => write(`${yellow('warning:')} `, message),
    error: (message) => write(`${red('error:')} `, message),
  };
}
