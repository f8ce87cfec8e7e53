/**
 * What a running node does by itself, a line each: for people (time, level where it is more than
 * news, words) or as one JSON object (time, level, message, and fields by name). Names of other
 * nodes stand in these lines, so they are cleaned; what would let somebody in is cut out of them,
 * whatever it came in with.
 */
import type { LogFields, Logger } from '../engine/index.ts';
import { cleanJson, cleanText } from './clean-text.ts';
import type { Colors, Output } from './output.ts';
import { withoutSecrets } from './without-secrets.ts';

/** From all there is to what needs somebody. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const LOG_FORMATS = ['text', 'json'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

export interface EventLogOptions {
  /** In text; at a prompt, where people look on, there is none. Default true. */
  readonly hasTime?: boolean | undefined;
  /** Default: text. */
  readonly format?: LogFormat | undefined;
  /** The least that is written; default: `warn` with `--quiet`, else `info`. */
  readonly level?: LogLevel | undefined;
}

/** A logger that gives lines to `sink`, each with its line end. */
export function eventLog(
  output: Output,
  sink: (line: string) => void,
  { hasTime = true, format = 'text', level }: EventLogOptions = {},
): Logger {
  const least = level ?? (output.quiet ? 'warn' : 'info');
  const line = format === 'json' ? jsonLine : textLine(output.noteColors, hasTime);
  const writer = (at: LogLevel): Logger['info'] => {
    if (LOG_LEVELS.indexOf(at) < LOG_LEVELS.indexOf(least)) return () => {};
    return (message, fields) => sink(`${withoutSecrets(line(at, message, fields))}\n`);
  };
  return {
    level: least,
    debug: writer('debug'),
    info: writer('info'),
    warn: writer('warn'),
    error: writer('error'),
  };
}

type Line = (level: LogLevel, message: string, fields?: LogFields) => string;

/** The fixed names come last: no field takes their place. */
const jsonLine: Line = (level, message, fields) => {
  const time = new Date().toISOString();
  const { time: _time, level: _level, message: _message, ...rest } = fields ?? {};
  return cleanJson(JSON.stringify({ time, level, message, ...rest }));
};

/** Fields are for programs: the words say for people what matters. */
function textLine({ dim, yellow, red }: Colors, hasTime: boolean): Line {
  const marks: Readonly<Record<LogLevel, string>> = {
    debug: '',
    info: '',
    warn: `${yellow('warning:')} `,
    error: `${red('error:')} `,
  };
  return (level, message) => {
    const time = hasTime ? `${dim(new Date().toISOString())} ` : '';
    const mark = marks[level];
    const words = cleanText(message);
    return `${time}${mark}${hasTime || mark !== '' ? words : dim(words)}`;
  };
}
