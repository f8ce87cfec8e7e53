/**
 * The invitations that this node has given out and not forgotten: one-time, expiring, known to this
 * node alone. They stand in `<dataDir>/invitations.json` (0600), the secret only as a hash. That
 * one was used is durable there before the new member is admitted, so that no crash lets a code be
 * used twice; the same key may come again with its code, since its answer may have been lost.
 */
import { AdastraError, bytesOfHex, equalBytes, hexOf, type Role } from '../../core/index.ts';
import { type Crypto, type Env, errorCode } from '../../env/index.ts';
import { placeFile, readFile } from '../directory.ts';

/** One invitation as it is kept. */
export interface InvitationRecord {
  /** 32 hex characters. */
  readonly id: string;
  /** SHA-256 of the secret, hex. */
  readonly secretHash: string;
  readonly role: Role;
  readonly scopes: readonly string[] | undefined;
  readonly expiresAtMs: number;
  /** Fingerprint of the key that used it. */
  readonly usedBy?: string | undefined;
}

/** What is made of a token: the name of the invitation, and its secret. */
export interface InviteSecrets {
  readonly id: Uint8Array;
  readonly secret: Uint8Array;
}

const FILE = 'invitations.json';
/** Unused and unexpired ones at a time. */
const INVITATIONS_MAX = 1000;
/** A used one is kept for so long, so that a lost answer can be asked for again. */
const KEPT_AFTER_USE_MS = 24 * 3_600_000;

/** Both ends make these of the code. */
export function secretsOf(crypto: Crypto, token: Uint8Array): InviteSecrets {
  const tagged = (tag: string): Uint8Array => {
    const prefix = new TextEncoder().encode(`adastra/invite/1/${tag}\0`);
    const message = new Uint8Array(prefix.length + token.length);
    message.set(prefix);
    message.set(token, prefix.length);
    return crypto.sha256(message);
  };
  return { id: tagged('id').slice(0, 16), secret: tagged('secret') };
}

export class Invitations {
  readonly #env: Env;
  readonly #dataDir: string;
  #records: readonly InvitationRecord[];

  constructor(env: Env, dataDir: string) {
    this.#env = env;
    this.#dataDir = dataDir;
    this.#records = load(env, dataDir);
  }

  /** Durable when this returns; throws `limit_exceeded`. */
  add(secrets: InviteSecrets, offer: Omit<InvitationRecord, 'id' | 'secretHash'>): void {
    const nowMs = this.#env.clock.wallMs();
    const left = this.#records.filter((record) => isWorthKeeping(record, nowMs));
    if (left.length >= INVITATIONS_MAX) {
      throw new AdastraError('limit_exceeded', `${INVITATIONS_MAX} invitations are open`, {
        hint: 'wait until some have expired',
        details: { limitName: 'invitations', limit: INVITATIONS_MAX },
      });
    }
    const secretHash = hexOf(this.#env.crypto.sha256(secrets.secret));
    this.#save([...left, { id: hexOf(secrets.id), secretHash, ...offer }]);
  }

  /**
   * Takes an invitation for a key: durable when this returns. Throws `invite_refused` for one that
   * is unknown, expired, used by another key, or shown with a wrong secret.
   */
  use(secrets: InviteSecrets, fingerprint: string): InvitationRecord {
    const id = hexOf(secrets.id);
    const record = this.#records.find((one) => one.id === id);
    if (record === undefined || !this.#fits(record, secrets.secret)) throw refused('unknown');
    if (record.usedBy === fingerprint) return record;
    if (record.usedBy !== undefined) throw refused('used already');
    if (record.expiresAtMs <= this.#env.clock.wallMs()) throw refused('expired');
    const used = { ...record, usedBy: fingerprint };
    this.#save(this.#records.map((one) => (one === record ? used : one)));
    return used;
  }

  #fits(record: InvitationRecord, secret: Uint8Array): boolean {
    const expected = bytesOfHex(record.secretHash);
    return expected !== undefined && equalBytes(this.#env.crypto.sha256(secret), expected);
  }

  #save(records: readonly InvitationRecord[]): void {
    const text = `${JSON.stringify({ format: 1, invitations: records }, null, 2)}\n`;
    placeFile(this.#env, this.#dataDir, FILE, new TextEncoder().encode(text));
    this.#records = records;
  }
}

function isWorthKeeping({ expiresAtMs, usedBy }: InvitationRecord, nowMs: number): boolean {
  return usedBy === undefined ? expiresAtMs > nowMs : expiresAtMs + KEPT_AFTER_USE_MS > nowMs;
}

/** What cannot be read is no invitation: nobody gets in by a damaged file. */
function load(env: Env, dataDir: string): readonly InvitationRecord[] {
  try {
    const text = new TextDecoder().decode(readFile(env, env.fs.resolve(dataDir, FILE)));
    const { invitations } = JSON.parse(text) as { invitations?: unknown };
    return Array.isArray(invitations) ? (invitations as InvitationRecord[]) : [];
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || error instanceof SyntaxError) return [];
    throw error;
  }
}

function refused(reason: string): AdastraError {
  return new AdastraError('invite_refused', `the invitation was refused: ${reason}`, {
    hint: 'ask for a new one: adastra invite',
    details: { reason },
  });
}
