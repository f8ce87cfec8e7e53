/**
 * What a lane is built of, what enters it beside the writes themselves, and what it publishes.
 */
import type { CommitFields, Durability, HybridClock, Limits, Vector } from '../../core/index.ts';
import type { Env } from '../../env/index.ts';
import type { CommitLog } from '../../wal/index.ts';
import type { OperationRegistry } from '../operations/index.ts';
import type { OriginTable, Storage } from '../storage/index.ts';
import type { Author } from './author.ts';
import type { Collected } from './collected.ts';
import type { CommandMemory } from './command-memory.ts';
import type { DecidedPlace } from './decided-note.ts';
import type { FlushSettings } from './flusher.ts';
import type { HeadTable } from './head-table.ts';
import type { LaneMeter } from './lane-meter.ts';
import type { Incarnations } from './incarnations.ts';
import type { PendingEntry } from './overlay.ts';
import type { PolicySettings } from './policy-table.ts';
import type { SeenTable } from './seen-table.ts';

/** What a lane is built of; replay has filled it. */
export interface LaneParts {
  readonly env: Env;
  readonly log: CommitLog;
  readonly storage: Storage;
  readonly origins: OriginTable;
  readonly operations: OperationRegistry;
  readonly limits: Limits;
  readonly clock: HybridClock;
  readonly incarnations: Incarnations;
  readonly seen: SeenTable;
  readonly commands: CommandMemory;
  readonly collected: Collected;
  readonly heads: HeadTable;
  readonly vector: Vector;
  readonly author: Author;
  readonly durability: Durability;
  readonly flush: FlushSettings;
  /** Default: no code of the application. */
  readonly policies?: PolicySettings | undefined;
  /** Where the journal of decided conflicts stands; kept up to date. */
  readonly decided: DecidedPlace;
  /** Default: one of its own. */
  readonly meter?: LaneMeter | undefined;
}

/** A commit as the lane publishes it; valid inside the listener only. */
export interface PublishedCommit {
  readonly seq: number;
  readonly first: PendingEntry | undefined;
}

/** What an own commit carries into the lane beside its writes. */
export interface Admission {
  readonly durability: Durability;
  readonly fields?: CommitFields | undefined;
  /** Scope and id under which the receipt is remembered. */
  readonly command?: { readonly id: string; readonly requestHash: Uint8Array } | undefined;
}
