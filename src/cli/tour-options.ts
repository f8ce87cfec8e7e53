/**
 * What may stand behind `npm start --`: `--data DIRECTORY` and `--stay`, in any order. Anything
 * else is refused by name.
 */
import { AdastraError } from '../core/index.ts';

/** How a tour is run. */
export interface TourOptions {
  /** `undefined`: what the other settings say. */
  readonly data: string | undefined;
  /** Whether the node stays up until a signal, without a prompt. */
  readonly isStaying: boolean;
}

/** Throws `invalid_options`. */
export function tourOptions(argv: readonly string[]): TourOptions {
  let data: string | undefined;
  let isStaying = false;
  for (let index = 0; index < argv.length; index += 1) {
    const word = argv[index] ?? '';
    const joined = /^--data=(.+)$/.exec(word)?.[1];
    const next = argv[index + 1];
    if (word === '--stay' && !isStaying) {
      isStaying = true;
    } else if (joined !== undefined && data === undefined) {
      data = joined;
    } else if ((word === '--data' || word === '-d') && next !== undefined && data === undefined) {
      data = next;
      index += 1;
    } else {
      throw new AdastraError('invalid_options', `npm start does not know ${argv.join(' ')}`, {
        hint: 'npm start -- [--data DIRECTORY] [--stay]',
      });
    }
  }
  return { data, isStaying };
}
