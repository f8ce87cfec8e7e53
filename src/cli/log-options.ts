/**
 * The options of commands that stay: in which form they say what happens, and how much of it.
 */
import type { Logger } from '../engine/index.ts';
import type { CommandCall, OptionSpec } from './command.ts';
import { eventLog, LOG_FORMATS, LOG_LEVELS } from './event-log.ts';

export const LOG_OPTIONS: readonly OptionSpec[] = [
  { flags: '--log-format <form>', about: 'text (default) or json: one object a line, on stderr' },
  { flags: '--log-level <level>', about: 'debug (each request), info (default), warn or error' },
];

/** The log that the options ask for, on stderr. Throws `invalid_options`. */
export function logOf({ output, options, terminal }: CommandCall): Logger {
  const format = options.choice('logFormat', LOG_FORMATS);
  const level = options.choice('logLevel', LOG_LEVELS);
  return eventLog(output, (line) => terminal.stderr.write(line), { format, level });
}
