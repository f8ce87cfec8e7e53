/**
 * What a key had behind an earlier commit, told by the log alone: the event that stood last then
 * says which siblings stood beside it and what readers got of them; those are found further back.
 */
import {
  AdastraError,
  type ChangedKey,
  compareStamps,
  decodeValue,
  type Entry,
  parseStamp,
  type Sibling,
  type Value,
} from '../../core/index.ts';
import type { CommitLog } from '../../wal/index.ts';
import type { View } from '../storage/index.ts';
import type { Effect, WriteName } from './effect.ts';
import { type KeyWrite, type WriteChain, writesOf } from './history.ts';

const CODEC_MASK = 0x0f;

/**
 * The entry of `key` behind commit `seq`; `undefined` where it had no put. Throws
 * `history_truncated` where the log no longer has what it takes.
 */
export function entryAt(
  log: CommitLog,
  key: string,
  seq: number,
  chain: WriteChain,
): Entry | undefined {
  const writes = writesOf(log, key, chain);
  for (const write of writes) {
    if (write.commit.seq <= seq) return entryOf(write, writes);
  }
  return undefined;
}

/** `older` gives the writes before it. */
function entryOf(write: KeyWrite, older: Iterable<KeyWrite>): Entry | undefined {
  const effect = write.commit.effects[write.index];
  // A changed view has no author: all that stands is named by its effect.
  const own = write.commit.origin === undefined ? [] : [siblingOf(write)];
  const siblings = effect === undefined ? own : [...own, ...named(effect, older)];
  if (!siblings.some(({ kind }) => kind === 'put')) return undefined;
  siblings.sort((one, other) => compareStamps(parseStamp(one.stamp), parseStamp(other.stamp)));
  const value = valueOf(siblings, effect?.view);
  return {
    value,
    present: value !== undefined,
    undecided: effect?.view.kind === 'undecided',
    siblings,
    stamps: siblings.map(({ stamp }) => stamp),
  };
}

function siblingOf({ commit, index }: KeyWrite): Sibling {
  const { kind, value } = commit.events[index] as ChangedKey;
  return { kind, value, stamp: commit.stamp, origin: commit.origin as string };
}

function named({ kept }: Effect, older: Iterable<KeyWrite>): Sibling[] {
  if (kept.length === 0) return [];
  const wanted = new Set(kept.map(nameOf));
  const found: Sibling[] = [];
  for (const write of older) {
    const { origin, originSeq } = write.commit;
    if (origin !== undefined && wanted.delete(nameOf({ origin, originSeq }))) {
      found.push(siblingOf(write));
    }
    if (wanted.size === 0) return found;
  }
  throw new AdastraError('history_truncated', 'the log no longer has all that stood there', {
    hint: 'read the present state, or a later commit',
  });
}

function nameOf({ origin, originSeq }: WriteName): string {
  return `${origin}/${originSeq}`;
}

function valueOf(siblings: readonly Sibling[], view: View | undefined): Value | undefined {
  if (view?.kind === 'absent') return undefined;
  if (view?.kind === 'value') {
    const { valueHead, bytes } = view;
    return decodeValue(valueHead & CODEC_MASK, bytes, 0, bytes.length, false);
  }
  const shown = view?.kind === 'sibling' ? siblings[view.index] : undefined;
  return (shown ?? siblings.at(-1))?.value;
}
