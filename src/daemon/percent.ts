/**
 * Percent-decoding, strictly and once.
 */
import { AdastraError } from '../core/index.ts';

/** Of one segment or field; `invalid_argument` where it stands for no text. */
export function decodeOnce(text: string, plusIsBlank = false): string {
  try {
    return decodeURIComponent(plusIsBlank ? text.replaceAll('+', '%20') : text);
  } catch {
    throw new AdastraError('invalid_argument', `${JSON.stringify(text)} is badly percent-encoded`);
  }
}
