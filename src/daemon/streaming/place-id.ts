/**
 * The id of a commit in a stream: `<seq>.<first 8 bytes of the batch digest, hex>`. A client that
 * gives it back goes on behind that commit, of that log and no other.
 */
import { AdastraError, bytesOfHex, hexOf } from '../../core/index.ts';
import type { LogPlace } from '../../engine/index.ts';

const SHAPE = /^(?<seq>[0-9]{1,16})\.(?<digest>[0-9a-f]{16})$/;

export function placeId({ seq, digest }: LogPlace): string {
  return `${seq}.${hexOf(digest)}`;
}

/** Throws `invalid_argument`; `name` is the field or header that it came in. */
export function placeOfId(id: string, name: string): LogPlace {
  const { seq = '', digest: hex = '' } = SHAPE.exec(id)?.groups ?? {};
  const digest = bytesOfHex(hex);
  if (seq !== '' && digest !== undefined && Number.isSafeInteger(Number(seq))) {
    return { seq: Number(seq), digest };
  }
  throw new AdastraError('invalid_argument', `${name} is not an id of this stream`, {
    hint: 'give back the id of an event as it came',
    details: { field: name },
  });
}
