/**
 * Text without what would let somebody in: secrets of tokens and codes of invitations. Nothing of
 * ours writes them into a log; but what callers send can end up in a message, and a caller puts a
 * token in the wrong place sooner or later.
 */

/** `adt_<id>_<secret>`: the id stays, it says which token to revoke. Cut off secrets count too. */
const TOKEN = /(adt_[0-9a-f]{16}_)[A-Za-z0-9_-]+/g;
/** `authorization: Bearer …` and its kin, whatever the token looks like. */
const BEARER = /(bearer\s+)[A-Za-z0-9._~+/=-]{8,}/gi;
const INVITE = /ADASTRA-[A-Z2-7-]{16,}/gi;

export function withoutSecrets(text: string): string {
  return text
    .replaceAll(TOKEN, '$1***')
    .replaceAll(BEARER, '$1***')
    .replaceAll(INVITE, 'ADASTRA-***');
}
