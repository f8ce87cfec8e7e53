/**
 * Tokens as they are asked for and told: what lets a program call this world over HTTP.
 */

/** What a token allows, each with what is before it. */
export type TokenRole = 'read' | 'write' | 'admin';

export interface NewToken {
  readonly role: TokenRole;
  /** Key prefixes that it may read and write (1 to 64); default: all keys. Not for `admin`. */
  readonly prefixes?: readonly string[] | undefined;
  /** How long it is good, from now; default: until it is revoked. */
  readonly expiresMs?: number | undefined;
  /** For people: whose it is, what for. At most 256 characters. */
  readonly note?: string | undefined;
}

/** A token of this world; never its secret, nor the hash of it. */
export interface TokenInfo {
  /** 16 hex characters. */
  readonly id: string;
  readonly role: TokenRole;
  readonly prefixes?: readonly string[];
  readonly createdAtMs: number;
  readonly expiresAtMs?: number;
  readonly note?: string;
}

/** A new one. */
export interface CreatedToken extends TokenInfo {
  /** `adt_<id>_<secret>`: shown this once and kept nowhere. */
  readonly token: string;
}

export interface TokenApi {
  /** In order of their ids. */
  tokens(): Promise<readonly TokenInfo[]>;
  /** Resolves when it is durable. Throws `forbidden` where this node is not admin. */
  createToken(token: NewToken): Promise<CreatedToken>;
  /** Good for nothing from now on; `not_found`, `forbidden`. */
  revokeToken(id: string): Promise<void>;
}
