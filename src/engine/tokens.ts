/**
 * The tokens of a world: one entry of the system each, under its id, with the hash of its secret;
 * so whoever follows the log knows them, and a revoke travels like any commit. With the first token
 * a mark is set that stays: from then on every request over TCP needs a token, also when the last
 * one was revoked.
 */
import {
  AdastraError,
  encodeBase64,
  hexOf,
  isWellFormed,
  utf8Length,
  type Value,
} from '../core/index.ts';
import type { Env } from '../env/index.ts';
import type { Storage } from '../store/storage/index.ts';
import type { Writes } from '../store/transactions/index.ts';
import type { CreatedToken, NewToken, TokenInfo, TokenRole } from './token-api.ts';

/** Where tokens stand. */
export const TOKEN_KEY_PREFIX = '$token/';
/** There since the first token was made. */
export const TOKENS_MARK_KEY = '$token';
export const TOKENS_MAX = 1024;
const ROLES: readonly TokenRole[] = ['read', 'write', 'admin'];
const ID_BYTES = 8;
const SECRET_BYTES = 32;
const PREFIXES_MAX = 64;
const PREFIX_BYTES_MAX = 1024;
const NOTE_LENGTH_MAX = 256;
const EXPIRES_MS_MAX = 10 * 365 * 24 * 3_600_000;
const FORM = /^adt_([0-9a-f]{16})_([A-Za-z0-9_-]{43})$/;

/** A token as it is kept. */
export interface TokenEntry extends Omit<TokenInfo, 'id'> {
  /** SHA-256 of the secret's text, hex. */
  readonly hash: string;
}

/** Id and secret of a token's text; `undefined` for what is none. */
export function parseToken(text: string): { id: string; secret: string } | undefined {
  const [, id, secret] = FORM.exec(text) ?? [];
  return id === undefined || secret === undefined ? undefined : { id, secret };
}

/** What an entry under `TOKEN_KEY_PREFIX` says; `undefined` where it is none of ours. */
export function tokenEntryOf(value: Value | undefined): TokenEntry | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { hash, role, prefixes, createdAtMs, expiresAtMs } = value as Record<string, unknown>;
  const isWhole =
    typeof hash === 'string' &&
    /^[0-9a-f]{64}$/.test(hash) &&
    ROLES.includes(role as TokenRole) &&
    typeof createdAtMs === 'number' &&
    (expiresAtMs === undefined || typeof expiresAtMs === 'number') &&
    (prefixes === undefined || (Array.isArray(prefixes) && prefixes.every(isPrefix)));
  return isWhole ? (value as unknown as TokenEntry) : undefined;
}

export function listTokens(storage: Storage): TokenInfo[] {
  const tokens: TokenInfo[] = [];
  const cursor = storage.range({ prefix: TOKEN_KEY_PREFIX, includeSystem: true });
  while (cursor.next()) {
    const entry = tokenEntryOf(storage.get(cursor.key));
    if (entry === undefined) continue;
    const { hash: _hash, ...told } = entry;
    tokens.push({ id: cursor.key.slice(TOKEN_KEY_PREFIX.length), ...told });
  }
  return tokens;
}

/** Throws `invalid_options`, `limit_exceeded`, `forbidden`. */
export async function createToken(
  { env, writes, storage }: { env: Env; writes: Writes; storage: Storage },
  asked: NewToken,
): Promise<CreatedToken> {
  checkNew(asked);
  const { role, prefixes, expiresMs, note } = asked;
  const id = hexOf(env.random.bytes(ID_BYTES));
  const secret = base64Url(env.random.bytes(SECRET_BYTES));
  const createdAtMs = env.clock.wallMs();
  const told: Omit<TokenInfo, 'id'> = {
    role,
    ...(prefixes === undefined ? {} : { prefixes: [...prefixes] }),
    createdAtMs,
    ...(expiresMs === undefined ? {} : { expiresAtMs: createdAtMs + expiresMs }),
    ...(note === undefined ? {} : { note }),
  };
  const hash = hexOf(env.crypto.sha256(new TextEncoder().encode(secret)));
  const key = TOKEN_KEY_PREFIX + id;
  await writes.transactSystem(
    (tx) => {
      if (listTokens(storage).length >= TOKENS_MAX) throw tooMany();
      if (!tx.contains(TOKENS_MARK_KEY)) tx.put(TOKENS_MARK_KEY, { sinceMs: createdAtMs });
      tx.put(key, { hash, ...told });
    },
    { durability: 'always' },
  );
  return { token: `adt_${id}_${secret}`, id, ...told };
}

/** Throws `not_found`, `forbidden`. */
export async function revokeToken(writes: Writes, id: unknown): Promise<void> {
  await writes.transactSystem(
    (tx) => {
      const key = `${TOKEN_KEY_PREFIX}${String(id)}`;
      if (typeof id !== 'string' || !/^[0-9a-f]{16}$/.test(id) || !tx.contains(key)) {
        throw new AdastraError('not_found', `there is no token ${String(id)}`, {
          hint: 'adastra token list shows them; an id is the 16 characters behind adt_',
        });
      }
      tx.remove(key);
    },
    { durability: 'always' },
  );
}

function checkNew(asked: NewToken): void {
  const { role, prefixes, expiresMs, note } = asked;
  if (!ROLES.includes(role)) throw invalid('role', `role is one of ${ROLES.join(', ')}`);
  if (prefixes !== undefined) checkPrefixes(role, prefixes);
  const isSpan = Number.isSafeInteger(expiresMs) && Number(expiresMs) >= 1;
  if (expiresMs !== undefined && (!isSpan || expiresMs > EXPIRES_MS_MAX)) {
    throw invalid('expiresMs', `expiresMs is from 1 to ${EXPIRES_MS_MAX} (ten years)`);
  }
  if (note === undefined) return;
  if (typeof note !== 'string' || note.length === 0 || note.length > NOTE_LENGTH_MAX) {
    throw invalid('note', `note is a text of 1 to ${NOTE_LENGTH_MAX} characters`);
  }
}

function checkPrefixes(role: TokenRole, prefixes: readonly string[]): void {
  const isList = Array.isArray(prefixes) && prefixes.length > 0 && prefixes.length <= PREFIXES_MAX;
  if (!isList || !prefixes.every(isPrefix)) {
    throw invalid('prefixes', `prefixes is a list of 1 to ${PREFIXES_MAX} beginnings of user keys`);
  }
  if (role === 'admin') {
    throw invalid('prefixes', 'a token of role admin is for the whole world, it has no prefixes');
  }
}

function isPrefix(prefix: unknown): prefix is string {
  if (typeof prefix !== 'string' || prefix === '' || prefix.startsWith('$')) return false;
  return isWellFormed(prefix) && utf8Length(prefix) <= PREFIX_BYTES_MAX;
}

function tooMany(): AdastraError {
  return new AdastraError('limit_exceeded', `a world has at most ${TOKENS_MAX} tokens`, {
    hint: 'revoke those that nobody uses: adastra token list',
    details: { limitName: 'tokens', limit: TOKENS_MAX },
  });
}

function invalid(option: string, message: string): AdastraError {
  return new AdastraError('invalid_options', message, { details: { option } });
}

function base64Url(bytes: Uint8Array): string {
  return encodeBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
