/**
 * The policy `merge-fields`: objects are merged by their top-level fields, and of each field the
 * greatest stamp wins, a removal included. Where a put is among the siblings removes of the whole
 * key do not count; where one value is no object, the greatest put wins whole. The result depends
 * on the set of siblings alone: who claims what for which field is in the puts and their `meta`.
 */
import {
  AdastraError,
  ByteWriter,
  compareStamps,
  encodeValue,
  equalBytes,
  type Stamp,
  type Value,
  type ValueObject,
} from '../../../core/index.ts';
import { type Cell, GREATEST, KIND_PUT } from '../../storage/index.ts';
import { stampOfCell, valueOfCell } from '../described-sibling.ts';
import { decodeFieldMeta, encodeFieldMeta, type ListedField } from './field-meta.ts';
import { type Policy, type PolicyContext, viewOfIndex, viewOfValue } from './policy.ts';

/** What the siblings together say of one field. */
interface Claim {
  readonly stamp: Stamp;
  /** `undefined`: it was removed. */
  readonly value: Value | undefined;
}

type Origins = PolicyContext['origins'];

export const mergeFields: Policy = (siblings, { origins, limits }) => {
  const puts = siblings.filter(({ kind }) => kind === KIND_PUT);
  const greatest = puts.at(-1);
  if (greatest === undefined) return GREATEST;
  const claims = claimsOf(puts, origins);
  if (claims === undefined) return viewOfIndex(siblings, siblings.indexOf(greatest));
  const writer = new ByteWriter(1024);
  try {
    const valueHead = encodeValue(writer, objectOfClaims(claims), limits);
    return viewOfValue(siblings, valueHead, writer.toBytes());
  } catch (error) {
    if (!AdastraError.is(error)) throw error;
    // Each of them was within the limits; together they are not.
    return { kind: 'undecided' };
  }
};

/** By field, the greatest claim; `undefined` where one value is no object. */
function claimsOf(puts: readonly Cell[], origins: Origins): Map<string, Claim> | undefined {
  const claims = new Map<string, Claim>();
  for (const put of puts) {
    const value = valueOfCell(put);
    if (!isObject(value)) return undefined;
    addClaims(claims, value, put, stampOfCell(put, origins));
  }
  return claims;
}

function addClaims(
  claims: Map<string, Claim>,
  value: ValueObject,
  { meta }: Cell,
  own: Stamp,
): void {
  const listed = meta === undefined ? undefined : decodeFieldMeta(meta, own);
  for (const [name, field] of Object.entries(value)) {
    const change = listed?.get(name);
    const stamp = change === undefined || change.removed ? own : change.stamp;
    claim(claims, name, { stamp, value: field });
  }
  if (listed === undefined) return;
  for (const [name, { removed, stamp }] of listed) {
    if (removed && !Object.hasOwn(value, name)) claim(claims, name, { stamp, value: undefined });
  }
}

/**
 * Puts come in the order of their stamps, so that even claims which only a liar makes (one stamp,
 * two values) are decided alike everywhere.
 */
function claim(claims: Map<string, Claim>, name: string, made: Claim): void {
  const known = claims.get(name);
  if (known === undefined || compareStamps(made.stamp, known.stamp) >= 0) claims.set(name, made);
}

function objectOfClaims(claims: ReadonlyMap<string, Claim>): ValueObject {
  const merged: Record<string, Value> = {};
  for (const [name, { value }] of claims) if (value !== undefined) merged[name] = value;
  return merged;
}

/**
 * The meta of an own put: for each field the stamp of its last change or removal in the view that
 * is written from. `undefined` where the put itself says it all.
 */
export function fieldMetaOf(
  before: readonly Cell[],
  after: Cell,
  origins: Origins,
): Uint8Array | undefined {
  const value = valueOfCell(after);
  const puts = before.filter(({ kind }) => kind === KIND_PUT);
  const greatest = puts.at(-1);
  if (greatest === undefined || !isObject(value)) return undefined;
  const claims = claimsOf(puts, origins) ?? claimsOf([greatest], origins);
  if (claims === undefined) return undefined;
  const listed: ListedField[] = [];
  for (const [name, { stamp, value: known }] of claims) {
    const field = Object.hasOwn(value, name) ? value[name] : undefined;
    if (field === undefined) {
      listed.push({ name, stamp: known === undefined ? stamp : 'own', removed: true });
    } else if (known !== undefined && sameField(known, field)) {
      listed.push({ name, stamp, removed: false });
    }
  }
  return encodeFieldMeta(listed);
}

const NO_LIMITS = { valueBytesMax: Number.MAX_SAFE_INTEGER, depthMax: 1000 };

function sameField(left: Value, right: Value): boolean {
  const [a, b] = [new ByteWriter(64), new ByteWriter(64)];
  const head = encodeValue(a, left, NO_LIMITS);
  return head === encodeValue(b, right, NO_LIMITS) && equalBytes(a.view(), b.view());
}

function isObject(value: Value | undefined): value is ValueObject {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
