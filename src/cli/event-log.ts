/**
 * What a running node does by itself, a line each on stderr: time, level where it is more than
 * news, words. `--quiet` leaves warnings and errors. Names of other nodes stand in these lines, so
 * they are cleaned.
 */
import type { Logger } from '../engine/index.ts';
import { cleanText } from './clean-text.ts';
import type { Output } from './output.ts';

/**
 * A logger that gives lines for people to `sink`, each with its line end; at a prompt, where people
 * look on, without the time.
 */
export function eventLog(
  output: Output,
  sink: (line: string) => void,
  { hasTime = true }: { readonly hasTime?: boolean } = {},
): Logger {
  const { dim, yellow, red } = output.noteColors;
  const write = (mark: string, message: string): void => {
    const time = hasTime ? `${dim(new Date().toISOString())} ` : '';
    const words = cleanText(message);
    sink(`${time}${mark}${hasTime || mark !== '' ? words : dim(words)}\n`);
  };
  return {
    debug: () => {},
    info: (message) => (output.quiet ? undefined : write('', message)),
    warn: (message) => write(`${yellow('warning:')} `, message),
    error: (message) => write(`${red('error:')} `, message),
  };
}
