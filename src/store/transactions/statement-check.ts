/**
 * Whether a statement may be made: by what its author had seen alone, so that all nodes judge
 * alike. It must say truly what it comes after, stand under a key that its past does not hold, and
 * fit what its subject has come to. Who may make statements at all (admins) is judged before.
 */
import { equalBytes } from '../../core/index.ts';
import type { Crypto } from '../../env/index.ts';
import { type Covers, fingerprintOfDigest, type MembershipTable } from './membership.ts';
import { type Admission, type StatementForm, WORLD_LEVEL_MAX } from './statement.ts';

/** Which world it is: its id shows who founded it. */
export interface WorldProof {
  readonly worldId: Uint8Array;
  readonly crypto: Pick<Crypto, 'sha256'>;
}

/** What a statement is judged by. */
export interface StatementContext extends WorldProof {
  readonly table: MembershipTable;
  readonly covers: Covers;
  /** Fingerprint of its author. */
  readonly author: string;
  /** It stands in a commit that can be the first of a world: nothing comes before it. */
  readonly mayFound: boolean;
}

/** Statements about one subject that may come after each other, ends apart. */
const STATEMENTS_MAX = 1024;
const WORLD_ID_BYTES = 16;
const FOUNDING = new TextEncoder().encode('adastra/world/1\0');

/** The id of the world that the holder of this key founds with these 32 random bytes. */
export function worldIdOf(
  crypto: Pick<Crypto, 'sha256'>,
  publicKey: Uint8Array,
  salt: Uint8Array,
): Uint8Array {
  const bytes = new Uint8Array(FOUNDING.length + publicKey.length + salt.length);
  bytes.set(FOUNDING);
  bytes.set(publicKey, FOUNDING.length);
  bytes.set(salt, FOUNDING.length + publicKey.length);
  return crypto.sha256(bytes).slice(0, WORLD_ID_BYTES);
}

/** Why the statement is void, or `undefined`. */
export function statementFault(form: StatementForm, context: StatementContext): string | undefined {
  const { table, covers } = context;
  const { subject, body, key } = form;
  const past = table
    .statementsOf(subject)
    .filter(({ origin, originSeq }) => covers(origin, originSeq));
  if (past.some((statement) => statement.key === key)) return 'it is there already';
  const heads = table.headsOf(subject, covers).map(({ id }) => id);
  const isTrue = heads.length === form.over.length && heads.every((id, at) => id === form.over[at]);
  if (!isTrue) return 'it does not name what it comes after';
  const isEnd = body.kind === 'closing' || body.kind === 'closed';
  if (past.length >= STATEMENTS_MAX && !isEnd) return 'there are too many of its subject';
  if (body.kind === 'fork' || body.kind === 'limits' || body.kind === 'level') {
    return past.length === 0 && key.length > subject.length
      ? 'it comes before the first'
      : undefined;
  }
  if (body.kind === 'founding') return foundingFault(form, body, context);
  return memberFault(form, context);
}

/** Whether a valid statement needs a newer version of this software: its commit is held then. */
export function needsNewer({ body }: StatementForm): boolean {
  return body.kind === 'level' && body.level > WORLD_LEVEL_MAX;
}

function foundingFault(
  { subject }: StatementForm,
  { publicKey, salt }: Admission,
  { author, mayFound, worldId, crypto }: StatementContext,
): string | undefined {
  if (!mayFound || subject !== author) return 'it founds no world';
  if (fingerprintOfDigest(crypto.sha256(publicKey)) !== subject) return 'its key is another one';
  const isOfWorld = equalBytes(worldIdOf(crypto, publicKey, salt as Uint8Array), worldId);
  return isOfWorld ? undefined : 'it founds another world';
}

function memberFault(form: StatementForm, context: StatementContext): string | undefined {
  const { subject, body } = form;
  const before = context.table.rightsOf(subject, context.covers);
  if (before?.founder === true) return 'the membership of the founder does not change';
  if (body.kind === 'admission' || body.kind === 'readmission') {
    const digest = context.crypto.sha256(body.publicKey);
    if (fingerprintOfDigest(digest) !== subject) return 'its key is another one';
  }
  if (body.kind === 'admission') return before === undefined ? undefined : 'it is a member already';
  if (before === undefined) return 'its subject is no member';
  switch (body.kind) {
    case 'readmission':
      return before.state === 'member' ? 'its subject is a member' : undefined;
    case 'closing':
      return before.state === 'member' ? undefined : 'the membership has ended already';
    default:
      return before.state === 'closed' ? 'the membership has ended already' : undefined;
  }
}
