/**
 * Options whose text means more than a number: spans of time, ports, addresses.
 */
import { AdastraError } from '../core/index.ts';
import type { OptionValues } from './command.ts';

const UNIT_MS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
const PORT_MAX = 65_535;

/** A span such as `90s`, `10m`, `2h`, `7d`, in milliseconds. */
export function spanOf(options: OptionValues, name: string): number | undefined {
  const text = options.text(name);
  if (text === undefined) return undefined;
  const [, digits = '', unit = ''] = /^([0-9]{1,9})([smhd])$/.exec(text) ?? [];
  const ms = Number(digits) * (UNIT_MS[unit] ?? Number.NaN);
  if (Number.isSafeInteger(ms) && ms > 0) return ms;
  throw new AdastraError(
    'invalid_options',
    `--${name} ${JSON.stringify(text)} is no span of time`,
    {
      hint: 'such as 90s, 10m, 2h or 7d',
      details: { option: name },
    },
  );
}

/** A port, 0 for any free one. */
export function portOf(options: OptionValues, name: string): number | undefined {
  const port = options.whole(name);
  if (port === undefined || port <= PORT_MAX) return port;
  throw new AdastraError('invalid_options', `a port is at most ${PORT_MAX}, not ${port}`, {
    details: { option: name },
  });
}
