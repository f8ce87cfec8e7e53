/**
 * The limits that all members of a world agree on: an entry of the system, written by the world's
 * first commit. By them, and by nothing that a node sets for itself, a received commit is valid or
 * void, so that all nodes decide alike (design § 9). A node may be stricter towards its own
 * writers.
 */
import { DEFAULT_LIMITS, type Limits, type Value, type ValueObject } from '../../core/index.ts';

/** Key of the entry. */
export const WORLD_LIMITS_KEY = '$world/limits';
/** Bytes of a key in any world: part of the format. */
export const WORLD_KEY_BYTES_MAX = 1024;
/** Which limits it states. */
export const WORLD_LIMIT_NAMES = [
  'valueBytesMax',
  'depthMax',
  'commitBytesMax',
  'metadataBytesMax',
] as const;

/** What holds for everybody. */
export type WorldLimits = Pick<Limits, (typeof WORLD_LIMIT_NAMES)[number]>;

/** The world's limits as stated; where nothing is (yet), the defaults. */
export function worldLimits(stated: Value | undefined): WorldLimits {
  const limits: Record<string, number> = {};
  for (const name of WORLD_LIMIT_NAMES) limits[name] = statedLimit(stated, name);
  return limits as unknown as WorldLimits;
}

/** The limits of a node: its own, with those of the world where the world states them. */
export function limitsOfWorld(own: Limits, stated: Value | undefined): Limits {
  if (!isObject(stated)) return own;
  const limits: Record<string, number> = { ...own };
  for (const name of WORLD_LIMIT_NAMES) {
    const value = statedLimit(stated, name);
    // What nobody set is as the world says; what somebody set is never laxer than the world.
    limits[name] = own[name] === DEFAULT_LIMITS[name] ? value : Math.min(own[name], value);
  }
  return limits as unknown as Limits;
}

function statedLimit(stated: Value | undefined, name: (typeof WORLD_LIMIT_NAMES)[number]): number {
  const value = isObject(stated) ? stated[name] : undefined;
  return typeof value === 'number' && value >= 1 ? value : DEFAULT_LIMITS[name];
}

function isObject(value: Value | undefined): value is ValueObject {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === PLAIN;
}

const PLAIN = Object.prototype;
