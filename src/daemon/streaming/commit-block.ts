/**
 * Commits that became durable together, and the events that they are told with. Encoded once for
 * each filter that asks while the block is the newest; later only for whoever sees all.
 */
import type { PlacedCommit } from '../../engine/index.ts';
import { CommitFilter } from './commit-filter.ts';
import { commitText } from './event-text.ts';

/** Filters whose bytes are kept; those above it are encoded for each reader. */
const KEPT_MAX = 16;

/** Of one block; a single commit may be larger. */
const COMMITS_MAX = 256;
const CHARACTERS_MAX = 256 * 1024;

interface BlockParts {
  readonly fromSeq: number;
  readonly lastSeq: number;
  readonly commits: readonly PlacedCommit[];
  readonly all: string;
}

const ALL: CommitFilter = new CommitFilter({}, { role: 'admin', prefixes: undefined });

export class CommitBlock {
  readonly fromSeq: number;
  readonly lastSeq: number;
  readonly commits: readonly PlacedCommit[];
  readonly #all: Buffer;
  readonly #kept = new Map<string, Buffer>();

  private constructor({ fromSeq, lastSeq, commits, all }: BlockParts) {
    this.fromSeq = fromSeq;
    this.lastSeq = lastSeq;
    this.commits = commits;
    this.#all = Buffer.from(all);
  }

  /** What `commits` gives from `fromSeq` up to `toSeq`, as much of it as one block holds. */
  static gather(commits: Iterable<PlacedCommit>, fromSeq: number, toSeq: number): CommitBlock {
    const gathered: PlacedCommit[] = [];
    let all = '';
    for (const commit of commits) {
      gathered.push(commit);
      all += textOf(commit, ALL);
      const isFull = gathered.length >= COMMITS_MAX || all.length >= CHARACTERS_MAX;
      const { seq } = commit.place;
      if (isFull) return new CommitBlock({ fromSeq, lastSeq: seq, commits: gathered, all });
    }
    // Not every seq is a commit's: what is behind the last one is passed too.
    return new CommitBlock({ fromSeq, lastSeq: toSeq, commits: gathered, all });
  }

  get bytes(): number {
    return this.#all.length;
  }

  /** The events behind `position` that `filter` shows. */
  eventsBehind(position: number, filter: CommitFilter): Buffer {
    if (position >= this.fromSeq) {
      return encode(
        this.commits.filter(({ place }) => place.seq > position),
        filter,
      );
    }
    if (filter.name === ALL.name) return this.#all;
    const kept = this.#kept.get(filter.name);
    if (kept !== undefined) return kept;
    const events = encode(this.commits, filter);
    if (this.#kept.size < KEPT_MAX) this.#kept.set(filter.name, events);
    return events;
  }

  /** It is no longer the newest: only late readers ask for it now. */
  age(): void {
    this.#kept.clear();
  }
}

function encode(commits: readonly PlacedCommit[], filter: CommitFilter): Buffer {
  return Buffer.from(commits.map((commit) => textOf(commit, filter)).join(''));
}

function textOf({ commit, place }: PlacedCommit, filter: CommitFilter): string {
  const shown = filter.show(commit);
  return shown === undefined ? '' : commitText(shown, place);
}
