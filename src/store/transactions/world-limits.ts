/**
 * The limits that all members of a world agree on: statements of the system, the first of them in
 * the world's first commit. By them, as its author had seen them, and by nothing that a node sets
 * for itself, a commit is valid or void, so that all nodes decide alike (design § 9). A node may be
 * stricter towards its own writers.
 */
import { DEFAULT_LIMITS, type Limits, type ValueObject } from '../../core/index.ts';

/** Key of the first statement; later ones stand under it. */
export const WORLD_LIMITS_KEY = '$world/limits';
/** Bytes of a key in any world: part of the format. */
export const WORLD_KEY_BYTES_MAX = 1024;
/** Which limits of a node a world states. */
export const WORLD_LIMIT_NAMES = [
  'valueBytesMax',
  'depthMax',
  'commitBytesMax',
  'metadataBytesMax',
] as const;

const ALL_NAMES = [...WORLD_LIMIT_NAMES, 'driftMsMax'] as const;
const DRIFT_MS_MAX = 300_000;
const DRIFT_MS_CEILING = 2 ** 48 - 1;
const COMMIT_CEILING = 32 * 1024 * 1024;

/** What holds for everybody. */
export type WorldLimits = Pick<Limits, (typeof WORLD_LIMIT_NAMES)[number]> & {
  /** Milliseconds that a stamp may be ahead of the clock of who receives it. */
  readonly driftMsMax: number;
};

/** What holds where nothing is stated. */
export const DEFAULT_WORLD_LIMITS: WorldLimits = worldLimitsOf(DEFAULT_LIMITS);

/** The limits that a node with these settings gives the world that it founds. */
export function worldLimitsOf(limits: Limits): WorldLimits {
  const { valueBytesMax, depthMax, commitBytesMax, metadataBytesMax } = limits;
  const driftMsMax = DRIFT_MS_MAX;
  return { valueBytesMax, depthMax, commitBytesMax, metadataBytesMax, driftMsMax };
}

/** Of statements that have not seen each other the narrower holds, limit by limit. */
export function narrowestLimits(stated: readonly WorldLimits[]): WorldLimits {
  const [first, ...others] = stated;
  if (first === undefined) return DEFAULT_WORLD_LIMITS;
  const limits: Record<string, number> = { ...first };
  for (const other of others) {
    for (const name of ALL_NAMES) limits[name] = Math.min(limits[name] as number, other[name]);
  }
  return limits as unknown as WorldLimits;
}

/** The limits of a node: its own, with those of the world where it has set none. */
export function limitsOfWorld(own: Limits, world: WorldLimits): Limits {
  const limits: Record<string, number> = { ...own };
  for (const name of WORLD_LIMIT_NAMES) {
    // What nobody set is as the world says; what somebody set is never laxer than the world.
    const isUnset = own[name] === DEFAULT_LIMITS[name];
    limits[name] = isUnset ? world[name] : Math.min(own[name], world[name]);
  }
  return limits as unknown as Limits;
}

/** Above these a world cannot go: a frame of the log must hold a commit, a stack a value. */
const CEILINGS: Record<(typeof ALL_NAMES)[number], number> = {
  valueBytesMax: COMMIT_CEILING,
  depthMax: 1000,
  commitBytesMax: COMMIT_CEILING,
  metadataBytesMax: COMMIT_CEILING,
  driftMsMax: DRIFT_MS_CEILING,
};

/** The stated limits, or why the value states none. */
export function parseWorldLimits(value: ValueObject): WorldLimits | string {
  const limits: Record<string, number> = {};
  for (const name of ALL_NAMES) {
    const limit = value[name];
    const isWhole = typeof limit === 'number' && Number.isSafeInteger(limit) && limit >= 1;
    if (!isWhole || limit > CEILINGS[name]) return `${name} is missing or out of range`;
    limits[name] = limit;
  }
  return limits as unknown as WorldLimits;
}
