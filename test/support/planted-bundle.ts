/**
 * Bundles of an author that does not exist: for what an honest node would never write (values above
 * the limits of the world, two bundles under one name, bytes that are no value).
 */
import {
  BundleWriter,
  ByteWriter,
  type CommitFields,
  encodeValue,
  originBytes,
  type Predecessor,
  type SeenEntry,
} from '../../src/core/index.ts';
import { type PlantedKey, plantedKey } from './planted-key.ts';

/** Of an author that is a member only where a test has it admitted. */
export const PLANTED_KEY: PlantedKey = plantedKey(0xab);
export const PLANTED_ORIGIN: string = `${PLANTED_KEY.fingerprint}.${'cd'.repeat(16)}`;

/** One event; a value already encoded is given as `{ head, bytes }`. */
export type PlantedEvent =
  | { readonly key: string; readonly value: unknown }
  | { readonly key: string; readonly head: number; readonly bytes: Uint8Array }
  | { readonly key: string; readonly remove: true };

export interface PlantedBundle {
  readonly origin?: string;
  readonly firstOriginSeq?: number;
  readonly predecessor?: Predecessor | null | undefined;
  readonly seen?: readonly SeenEntry[];
  readonly ms?: number;
  readonly commits: readonly (readonly PlantedEvent[])[];
  readonly fields?: CommitFields;
}

const NO_LIMITS = { valueBytesMax: 1 << 28, depthMax: 900 };

/** The bytes of a bundle; its commits are a millisecond apart. */
export function plantedBundle(planted: PlantedBundle): Uint8Array {
  const { origin = PLANTED_ORIGIN, firstOriginSeq = 1, seen = [], commits, fields } = planted;
  const baseMs = planted.ms ?? 1_767_225_600_000;
  const predecessor = firstOriginSeq === 1 ? (planted.predecessor ?? null) : planted.predecessor;
  const writer = new ByteWriter(1024);
  const bundle = new BundleWriter(writer);
  const head = { origin: originBytes(origin) as Uint8Array, term: 1, firstOriginSeq, baseMs };
  bundle.open(writer, { ...head, predecessor, seen });
  commits.forEach((events, index) => {
    bundle.commit(baseMs + index, 0, events.length, fields);
    for (const event of events) writeEvent(bundle, event);
  });
  bundle.close();
  return writer.toBytes();
}

function writeEvent(bundle: BundleWriter, event: PlantedEvent): void {
  if ('remove' in event) {
    bundle.remove(event.key);
    return;
  }
  if ('bytes' in event) {
    const { head: valueHead, bytes } = event;
    bundle.put(event.key, { valueHead, source: bytes, start: 0, end: bytes.length });
    return;
  }
  const scratch = new ByteWriter(1024);
  const valueHead = encodeValue(scratch, event.value, NO_LIMITS);
  bundle.put(event.key, { valueHead, source: scratch.toBytes(), start: 0, end: scratch.length });
}
