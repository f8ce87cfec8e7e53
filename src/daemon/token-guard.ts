/**
 * Who calls over TCP: whoever holds a token of this world, checked against its present entries at
 * each request, so that an end or a revoke counts at once; or anybody, while the world has never
 * had a token and the server is for this machine alone.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { AdastraError } from '../core/index.ts';
import {
  type NodeApi,
  parseToken,
  TOKEN_KEY_PREFIX,
  type TokenEntry,
  tokenEntryOf,
  TOKENS_MARK_KEY,
} from '../engine/index.ts';
import type { Caller } from './caller.ts';

const ANONYMOUS: Caller = { kind: 'anonymous', id: '', role: 'admin', prefixes: undefined };
const NO_HASH = '0'.repeat(64);

export interface TokenGuardOptions {
  readonly node: Pick<NodeApi, 'get'>;
  /** Whether a world without tokens lets nobody in either. */
  readonly isTokenRequired: boolean;
  readonly now?: () => number;
}

export class TokenGuard {
  readonly #node: Pick<NodeApi, 'get'>;
  readonly #isTokenRequired: boolean;
  readonly #now: () => number;

  constructor({ node, isTokenRequired, now = Date.now }: TokenGuardOptions) {
    this.#node = node;
    this.#isTokenRequired = isTokenRequired;
    this.#now = now;
  }

  /** Whether a request without a token is refused. */
  async isTokenNeeded(): Promise<boolean> {
    return this.#isTokenRequired || (await this.#node.get(TOKENS_MARK_KEY)) !== undefined;
  }

  /** Throws `unauthenticated`, in the same words for what is no token and for a wrong one. */
  async callerOf({ headersDistinct }: IncomingMessage): Promise<Caller> {
    const [header, ...others] = headersDistinct['authorization'] ?? [];
    if (header === undefined) {
      if (await this.isTokenNeeded()) throw unauthenticated('this takes a token');
      return ANONYMOUS;
    }
    const [, text = ''] = /^bearer +(\S+) *$/i.exec(header) ?? [];
    const token = others.length === 0 ? parseToken(text) : undefined;
    const entry = token && (await this.#entryOf(token.id));
    const isRight = isSecretOf(token?.secret ?? '', entry?.hash ?? NO_HASH);
    if (token === undefined || entry === undefined || !isRight) {
      throw unauthenticated('this token is not known here, or not any more');
    }
    if (this.#hasEnded(entry)) throw unauthenticated('this token has expired');
    return { kind: 'token', id: token.id, role: entry.role, prefixes: entry.prefixes };
  }

  /** Whether the token of this id is still good. */
  async isGood(id: string): Promise<boolean> {
    const entry = await this.#entryOf(id);
    return entry !== undefined && !this.#hasEnded(entry);
  }

  async #entryOf(id: string): Promise<TokenEntry | undefined> {
    return tokenEntryOf(await this.#node.get(TOKEN_KEY_PREFIX + id));
  }

  #hasEnded({ expiresAtMs }: TokenEntry): boolean {
    return expiresAtMs !== undefined && this.#now() >= expiresAtMs;
  }
}

/** In a time that tells nothing of either. */
function isSecretOf(secret: string, hash: string): boolean {
  const digest = createHash('sha256').update(secret).digest();
  return timingSafeEqual(digest, Buffer.from(hash, 'hex'));
}

function unauthenticated(message: string): AdastraError {
  return new AdastraError('unauthenticated', message, {
    hint: 'send the header authorization: Bearer TOKEN; adastra token create makes one',
  });
}
