/**
 * Statements: what a world says of its members and of itself, each under a key of its own, never
 * replaced and never removed. Here is their form (docs/formats/statements.md): from a key and a
 * value comes a statement, or the reason why it is none. Whether it may be made is the matter of
 * `statement-check.ts`, what several of them come to that of `standing.ts`.
 */
import {
  bytesOfHex,
  isWellFormed,
  originBytes,
  type Role,
  utf8Length,
  type Value,
  type ValueObject,
} from '../../core/index.ts';
import { parseWorldLimits, WORLD_KEY_BYTES_MAX, WORLD_LIMITS_KEY } from './world-limits.ts';
import type { WorldLimits } from './world-limits.ts';

export const MEMBER_PREFIX = '$member/';
export const WORLD_PREFIX = '$world/';
export const FORK_PREFIX = '$fork/';
export const WORLD_LEVEL_KEY = '$world/level';
/** The highest level of features that this version knows. */
export const WORLD_LEVEL_MAX = 1;

export const SCOPES_MAX = 256;
const ENDS_MAX = 100_000;
const OVER_MAX = 4096;
const ROLES: readonly string[] = ['read', 'witness', 'write', 'admin'];
const FINGERPRINT = /^[0-9a-f]{32}$/;
const NODE_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const STATEMENT_ID = /^[A-Za-z0-9_-]{1,64}$/;

/** What a statement says. */
export type StatementBody =
  | Admission
  | {
      readonly kind: 'change';
      readonly role: Role | undefined;
      /** `null`: may write every key; `undefined`: as it was. */
      readonly scopes: readonly string[] | null | undefined;
    }
  | { readonly kind: 'closing' }
  /** By incarnation, 32 hex characters: the last originSeq that counts. */
  | { readonly kind: 'closed'; readonly ends: ReadonlyMap<string, number> }
  | { readonly kind: 'limits'; readonly limits: WorldLimits }
  | { readonly kind: 'level'; readonly level: number }
  | { readonly kind: 'fork'; readonly originSeq: number; readonly digest: Uint8Array };

export interface Admission {
  readonly kind: 'founding' | 'admission' | 'readmission';
  readonly nodeId: string;
  readonly publicKey: Uint8Array;
  readonly role: Role;
  readonly scopes: readonly string[] | undefined;
  /** `founding`: what the id of the world is made of, beside the key. */
  readonly salt: Uint8Array | undefined;
}

export interface StatementForm {
  readonly key: string;
  /** Fingerprint of a member, `$world/limits`, `$world/level`, or the key itself. */
  readonly subject: string;
  readonly body: StatementBody;
  /** Ids of those statements of the subject that this one comes after, sorted. */
  readonly over: readonly string[];
}

/** A statement that was made. */
export interface Statement extends StatementForm {
  readonly origin: string;
  readonly originSeq: number;
  /** `<origin>/<originSeq>` of its commit, which makes one statement of a subject at most. */
  readonly id: string;
}

/** Key of the statement that admits a member. */
export function memberKey(fingerprint: string): string {
  return MEMBER_PREFIX + fingerprint;
}

/** Whether what stands under this key is a statement. */
export function isStatementKey(key: string): boolean {
  return [MEMBER_PREFIX, WORLD_PREFIX, FORK_PREFIX].some((prefix) => key.startsWith(prefix));
}

/** The statement that a put of this key and value makes, or why it makes none. */
export function parseStatement(key: string, value: Value | undefined): StatementForm | string {
  if (key === WORLD_LEVEL_KEY) {
    const body: StatementBody = { kind: 'level', level: 1 };
    return value === 1 ? { key, subject: WORLD_LEVEL_KEY, body, over: [] } : 'it is not level 1';
  }
  if (!isObject(value)) return 'it is no object';
  const { over: stated, ...rest } = value;
  const over = parseOver(stated);
  if (over === undefined) return 'what it comes after is malformed';
  const parsed = parseBody(key, rest);
  return typeof parsed === 'string' ? parsed : { key, ...parsed, over };
}

type Parsed = { readonly subject: string; readonly body: StatementBody } | string;

function parseBody(key: string, value: ValueObject): Parsed {
  if (key.startsWith(MEMBER_PREFIX)) return parseMember(key.slice(MEMBER_PREFIX.length), value);
  if (key.startsWith(FORK_PREFIX)) return parseFork(key, value);
  const [subject, id] = splitWorldKey(key);
  if (subject === WORLD_LIMITS_KEY) return parseLimits(id, value);
  if (subject === WORLD_LEVEL_KEY && id !== undefined) return parseLevel(id, value);
  return 'there is no statement of this name';
}

function splitWorldKey(key: string): [subject: string, id: string | undefined] {
  const at = key.indexOf('/', WORLD_PREFIX.length);
  return at < 0 ? [key, undefined] : [key.slice(0, at), key.slice(at + 1)];
}

function parseLimits(id: string | undefined, value: ValueObject): Parsed {
  if (id !== undefined && !STATEMENT_ID.test(id)) return 'its key is malformed';
  if (!hasOnly(value, LIMIT_FIELDS)) return 'it has other fields';
  const limits = parseWorldLimits(value);
  if (typeof limits === 'string') return limits;
  return { subject: WORLD_LIMITS_KEY, body: { kind: 'limits', limits } };
}

function parseLevel(id: string, value: ValueObject): Parsed {
  const { level } = value;
  const isLevel = isCount(level) && level >= 2 && id === String(level);
  if (!isLevel || !hasOnly(value, ['level'])) return 'it states no level';
  return { subject: WORLD_LEVEL_KEY, body: { kind: 'level', level } };
}

function parseFork(key: string, value: ValueObject): Parsed {
  const { originSeq } = value;
  const digest = hexField(value['digest'], 32);
  if (originBytes(key.slice(FORK_PREFIX.length)) === undefined) return 'its key names no origin';
  if (digest === undefined || !isCount(originSeq) || !hasOnly(value, ['originSeq', 'digest'])) {
    return 'it names no branch';
  }
  return { subject: key, body: { kind: 'fork', originSeq, digest } };
}

function parseMember(name: string, value: ValueObject): Parsed {
  const at = name.indexOf('/');
  const subject = at < 0 ? name : name.slice(0, at);
  if (!FINGERPRINT.test(subject)) return 'its key names no member';
  if (at >= 0 && !STATEMENT_ID.test(name.slice(at + 1))) return 'its key is malformed';
  const body = at < 0 ? parseAdmission(value) : parseLater(value);
  return typeof body === 'string' ? body : { subject, body };
}

function parseLater(value: ValueObject): StatementBody | string {
  if (value['end'] !== undefined) return parseEnd(value);
  if (value['readmits'] !== undefined) return parseAdmission(value);
  const { role, scopes: stated } = value;
  const scopes = stated === null ? null : parseScopes(stated);
  if (!hasOnly(value, ['role', 'scopes']) || Object.keys(value).length === 0) {
    return 'it changes nothing that can be changed';
  }
  if (role !== undefined && !isRole(role)) return 'there is no such role';
  if (stated !== undefined && scopes === undefined) return 'its scopes are malformed';
  return { kind: 'change', role, scopes };
}

function parseEnd(value: ValueObject): StatementBody | string {
  const { end, ends } = value;
  if (end === 'closing' && hasOnly(value, ['end'])) return { kind: 'closing' };
  if (end !== 'closed' || !isObject(ends) || !hasOnly(value, ['end', 'ends'])) {
    return 'it names no end';
  }
  const entries = Object.entries(ends);
  const isWhole = entries.every(([name, last]) => FINGERPRINT.test(name) && isCount(last));
  if (!isWhole || entries.length > ENDS_MAX) return 'its ends are malformed';
  return { kind: 'closed', ends: new Map(entries as [string, number][]) };
}

function parseAdmission(value: ValueObject): Admission | string {
  const { nodeId, role, founder, readmits } = value;
  const publicKey = hexField(value['publicKey'], 32);
  const salt = founder === undefined ? undefined : hexField(founder, 32);
  const scopes = parseScopes(value['scopes']);
  if (!hasOnly(value, ADMISSION_FIELDS)) return 'it has other fields';
  if (publicKey === undefined) return 'it has no public key';
  if (typeof nodeId !== 'string' || !NODE_ID.test(nodeId)) return 'it has no nodeId';
  if (!isRole(role)) return 'there is no such role';
  if (value['scopes'] !== undefined && scopes === undefined) return 'its scopes are malformed';
  if (founder !== undefined) {
    const isFounding = salt !== undefined && role === 'admin' && scopes === undefined;
    if (!isFounding || readmits !== undefined) return 'it founds no world';
    return { kind: 'founding', nodeId, publicKey, role, scopes, salt };
  }
  if (readmits !== undefined && readmits !== true) return 'readmits is true or absent';
  const kind = readmits === true ? 'readmission' : 'admission';
  return { kind, nodeId, publicKey, role, scopes, salt };
}

const ADMISSION_FIELDS = ['nodeId', 'publicKey', 'role', 'scopes', 'founder', 'readmits'];
const LIMIT_FIELDS = [
  'valueBytesMax',
  'depthMax',
  'commitBytesMax',
  'metadataBytesMax',
  'driftMsMax',
];

/** Key prefixes: user keys only, none twice; `undefined` for what is no list of them. */
export function parseScopes(value: unknown): readonly string[] | undefined {
  if (!Array.isArray(value) || value.length > SCOPES_MAX) return undefined;
  const scopes = value.filter((scope): scope is string => typeof scope === 'string');
  const isWhole = scopes.length === value.length && new Set(scopes).size === scopes.length;
  return isWhole && scopes.every(isScope) ? scopes : undefined;
}

function isScope(scope: string): boolean {
  if (scope.length === 0 || scope.startsWith('$') || !isWellFormed(scope)) return false;
  return utf8Length(scope) <= WORLD_KEY_BYTES_MAX;
}

function parseOver(value: Value | undefined): readonly string[] | undefined {
  if (value === undefined) return [];
  if (!Array.isArray(value) || value.length === 0 || value.length > OVER_MAX) return undefined;
  let before = '';
  for (const id of value) {
    if (typeof id !== 'string' || id <= before) return undefined;
    before = id;
  }
  return value as string[];
}

export function isRole(value: unknown): value is Role {
  return typeof value === 'string' && ROLES.includes(value);
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 1;
}

function hexField(value: Value | undefined, length: number): Uint8Array | undefined {
  if (typeof value !== 'string' || value !== value.toLowerCase()) return undefined;
  const bytes = bytesOfHex(value);
  return bytes?.length === length ? bytes : undefined;
}

function hasOnly(value: ValueObject, names: readonly string[]): boolean {
  return Object.keys(value).every((name) => names.includes(name));
}

function isObject(value: Value | undefined): value is ValueObject {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === PLAIN;
}

const PLAIN = Object.prototype;
