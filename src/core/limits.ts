/**
 * Every maximum in one place, with its default. What exceeds one gets a typed error and changes
 * nothing (INV-12). World limits (`valueBytesMax`, `depthMax`, `commitBytesMax`,
 * `metadataBytesMax`) are what all members must agree on; the others are a node's own. Relations
 * that the engine relies on are checked when this file loads and again for whatever an application
 * sets.
 */
import { assert } from './assert.ts';
import { AdastraError } from './errors.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

export interface Limits {
  /** Bytes of a key as UTF-8. */
  readonly keyBytesMax: number;
  /** Bytes of a value as encoded. */
  readonly valueBytesMax: number;
  /** Lists and objects inside each other in one value. */
  readonly depthMax: number;
  /** Bytes of a commit: keys, values, metadata and framing. */
  readonly commitBytesMax: number;
  /** Bytes of a commit's metadata as encoded. */
  readonly metadataBytesMax: number;
  /** Bytes at which a bundle is sealed; one larger commit makes a bundle of its own. */
  readonly bundleBytesMax: number;
  /** Bytes of a commandId as UTF-8. */
  readonly commandIdBytesMax: number;
  /** Bytes of commits that wait for the disk; above, writes are `overloaded`. */
  readonly pendingBytesMax: number;
  /** Commits that wait for the disk. */
  readonly pendingCommitsMax: number;
  /** Listeners of one node: subscriptions, observers and event handlers together. */
  readonly listenersMax: number;
  /** Commits for which a commandId is remembered at least, within the bound in bytes. */
  readonly commandMemoryCommits: number;
  /** Milliseconds for which a commandId is remembered at least, within the bound in bytes. */
  readonly commandMemoryMs: number;
  /** Bytes that remembered commandIds may take. */
  readonly commandMemoryBytesMax: number;
  /** Bytes of a projection's state as encoded, above which checkpoints go without it. */
  readonly projectionBytesMax: number;
  /** Bytes at which a log segment is closed and the next begun. */
  readonly segmentBytes: number;
  /** Milliseconds that the wall clock may be ahead of the last stamp before it is reported. */
  readonly toleratedForwardJumpMs: number;
}

/** What holds unless an application or the world says otherwise. */
export const DEFAULT_LIMITS: Limits = Object.freeze({
  keyBytesMax: KIB,
  valueBytesMax: MIB,
  depthMax: 64,
  commitBytesMax: 8 * MIB,
  metadataBytesMax: 4 * KIB,
  bundleBytesMax: MIB,
  commandIdBytesMax: 256,
  pendingBytesMax: 256 * MIB,
  pendingCommitsMax: 2_000_000,
  listenersMax: 10_000,
  commandMemoryCommits: 1_000_000,
  commandMemoryMs: 7 * 24 * 3_600_000,
  commandMemoryBytesMax: 64 * MIB,
  // Encoded in one go, in the way of commits: some tenths of a second.
  projectionBytesMax: 16 * MIB,
  segmentBytes: 64 * MIB,
  // As long as a lease: a machine that was off for less is no surprise.
  toleratedForwardJumpMs: 90 * 24 * 3_600_000,
});

/** Room that framing, origin and stamps of a commit may take beside its key and value. */
const COMMIT_OVERHEAD_BYTES = 4 * KIB;
/** Walkers recurse; every stack that we run on bears this many frames. */
const DEPTH_CEILING = 1000;
/** A frame of the log takes 64 MiB, the commit and whatever was gathered before it. */
const COMMIT_CEILING = 32 * MIB;
/** Offsets in one segment or batch are 32-bit. */
const BYTES_CEILING = 2 ** 31 - 1;

/** The limits that `partial` asks for, the rest by default; throws `invalid_options`. */
export function validateLimits(partial: Partial<Limits> = {}): Limits {
  const merged: Record<string, number> = { ...DEFAULT_LIMITS };
  for (const [name, value] of Object.entries(partial)) {
    if (value === undefined) continue;
    if (!Object.hasOwn(DEFAULT_LIMITS, name)) throw invalidLimit(name, `there is no limit ${name}`);
    if (!Number.isSafeInteger(value) || value < 1) {
      throw invalidLimit(name, `the limit ${name} is ${String(value)}, not a whole number above 0`);
    }
    merged[name] = value;
  }
  const limits = merged as unknown as Limits;
  const fault = brokenRelation(limits);
  if (fault !== undefined)
    throw invalidLimit(fault.name, `limits do not fit together: ${fault.rule}`);
  return Object.freeze(limits);
}

function invalidLimit(name: string, message: string): AdastraError {
  return new AdastraError('invalid_options', message, {
    hint: `limits are: ${Object.keys(DEFAULT_LIMITS).join(', ')}`,
    details: { option: `limits.${name}` },
  });
}

function brokenRelation(limits: Limits): { name: string; rule: string } | undefined {
  const { keyBytesMax, valueBytesMax, metadataBytesMax, commitBytesMax, segmentBytes } = limits;
  const largestEvent = keyBytesMax + valueBytesMax + metadataBytesMax + COMMIT_OVERHEAD_BYTES;
  const rules: [string, boolean, string][] = [
    [
      'commitBytesMax',
      commitBytesMax >= largestEvent,
      `commitBytesMax must hold one largest key, value and metadata (${largestEvent})`,
    ],
    [
      'pendingBytesMax',
      limits.pendingBytesMax >= commitBytesMax,
      'pendingBytesMax must hold one largest commit',
    ],
    [
      'pendingBytesMax',
      limits.pendingBytesMax >= limits.bundleBytesMax,
      'pendingBytesMax must hold one bundle',
    ],
    ['segmentBytes', segmentBytes >= commitBytesMax, 'segmentBytes must hold one largest commit'],
    [
      'segmentBytes',
      segmentBytes <= BYTES_CEILING,
      `segmentBytes must be at most ${BYTES_CEILING}`,
    ],
    [
      'pendingBytesMax',
      limits.pendingBytesMax <= BYTES_CEILING,
      `pendingBytesMax must be at most ${BYTES_CEILING}`,
    ],
    ['keyBytesMax', keyBytesMax <= KIB, `keyBytesMax must be at most ${KIB}, as the format says`],
    [
      'commitBytesMax',
      commitBytesMax <= COMMIT_CEILING,
      `commitBytesMax must be at most ${COMMIT_CEILING}: one frame of the log holds it`,
    ],
    ['depthMax', limits.depthMax <= DEPTH_CEILING, `depthMax must be at most ${DEPTH_CEILING}`],
  ];
  const broken = rules.find(([, holds]) => !holds);
  return broken === undefined ? undefined : { name: broken[0], rule: broken[2] };
}

assert(brokenRelation(DEFAULT_LIMITS) === undefined, 'INV-12: the default limits fit together');
