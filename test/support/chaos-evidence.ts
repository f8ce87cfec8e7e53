/**
 * Judges several nodes after chaos, by what they hold and by what each acknowledged before: is all
 * of it accounted for, and did nothing removed come back? It works from an order of its own: a
 * commit has seen what stands before it in its author's log; siblings are the writes of a key that
 * no other write of that key has seen. Pure, so that a test can tamper with the evidence.
 */
import { compareStamps, parseStamp } from '../../src/core/index.ts';
import type { Acknowledged } from './chaos-node.ts';

export interface LoggedEvent {
  readonly key: string;
  readonly kind: 'put' | 'remove';
  readonly hash: string;
}

export interface LoggedCommit {
  readonly origin: string;
  readonly originSeq: number;
  readonly stamp: string;
  readonly seq: number;
  readonly void?: string;
  readonly events: readonly LoggedEvent[];
}

/** What one node holds; values by their hash, `-` for none. */
export interface NodeEvidence {
  readonly name: string;
  readonly stateHash: string;
  readonly vector: readonly (readonly [origin: string, originSeq: number, digest: string])[];
  /** Its whole log in its order, system keys included. */
  readonly commits: readonly LoggedCommit[];
  readonly entries: readonly {
    readonly key: string;
    readonly value: string;
    readonly siblings: readonly {
      readonly kind: string;
      readonly stamp: string;
      readonly hash: string;
    }[];
  }[];
  readonly journal: readonly {
    readonly key: string;
    readonly seq: number;
    readonly stamps: readonly string[];
  }[];
}

export interface Judgement {
  /** In words; none if all is well. */
  readonly problems: readonly string[];
  /** What became of the acknowledged writes. */
  readonly writes: { readonly sibling: number; readonly replaced: number };
  /** Keys whose every sibling is a remove, and those with more than one sibling. */
  readonly absentKeys: number;
  readonly conflicts: number;
  readonly resolved: number;
}

interface Write {
  readonly name: string;
  readonly author: string;
  readonly stamp: string;
  readonly kind: 'put' | 'remove';
  readonly hash: string;
}

const nameOf = ({ origin, originSeq }: { origin: string; originSeq: number }): string =>
  `${origin}/${originSeq}`;

/** `authors`: fingerprint of each node by its name. */
export function judge(
  nodes: readonly NodeEvidence[],
  acks: readonly Acknowledged[],
  authors: ReadonlyMap<string, string>,
): Judgement {
  const problems: string[] = [];
  const world = new LoggedWorld(nodes, authors);
  judgeAgreement(nodes, problems);
  for (const node of nodes) judgeLog(node, nodes[0] as NodeEvidence, problems);
  const found = { sibling: 0, replaced: 0 };
  for (const ack of acks)
    if (ack.writes.length > 0) judgeAck(ack, { nodes, world, problems, found });
  for (const node of nodes) judgeEntries(node, world, problems);
  judgeRemoves(nodes, acks, problems);
  judgeSeen(nodes, acks, world, problems);
  const resolved = judgeJournal(nodes, acks, problems);
  const standing = [...world.standing.values()];
  const isAbsent = (writes: readonly Write[]): boolean =>
    writes.every(({ kind }) => kind === 'remove');
  return {
    problems,
    writes: found,
    absentKeys: standing.filter(isAbsent).length,
    conflicts: standing.filter((writes) => writes.length > 1 && !isAbsent(writes)).length,
    resolved,
  };
}

/** All logs as one partial order. */
class LoggedWorld {
  /** By node name: where a commit stands in its log. */
  readonly places: ReadonlyMap<string, ReadonlyMap<string, number>>;
  /** The writes of each key that no other has seen. */
  readonly standing: ReadonlyMap<string, readonly Write[]>;
  readonly #nodeOf: ReadonlyMap<string, string>;
  readonly #writes = new Map<string, Write[]>();

  constructor(nodes: readonly NodeEvidence[], authors: ReadonlyMap<string, string>) {
    this.#nodeOf = new Map([...authors].map(([node, fingerprint]) => [fingerprint, node]));
    this.places = new Map(
      nodes.map(({ name, commits }) => [
        name,
        new Map(commits.map((commit, at) => [nameOf(commit), at])),
      ]),
    );
    const all = new Map<string, LoggedCommit>();
    for (const { commits } of nodes) for (const one of commits) all.set(nameOf(one), one);
    for (const commit of all.values()) this.#add(commit);
    const standing = [...this.#writes].map(([key, writes]) => {
      // From the end: the newest has seen nearly everything.
      const isSeen = (write: Write): boolean =>
        writes.findLast((other) => this.sees(other, write)) !== undefined;
      return [key, writes.filter((write) => !isSeen(write))] as const;
    });
    this.standing = new Map(standing);
  }

  authorOf(origin: string): string {
    return this.#nodeOf.get(origin.slice(0, 32)) ?? 'nobody';
  }

  /** Whether the author of `later` had applied `earlier` when it wrote. */
  sees(later: { name: string; author: string }, earlier: { name: string }): boolean {
    const places = this.places.get(later.author);
    const [at, before] = [places?.get(later.name), places?.get(earlier.name)];
    return at !== undefined && before !== undefined && before < at;
  }

  replacedBy(key: string, name: string): Write | undefined {
    return this.#writes.get(key)?.findLast((other) => this.sees(other, { name }));
  }

  #add(commit: LoggedCommit): void {
    if (commit.void !== undefined) return;
    const { origin, stamp } = commit;
    for (const { key, kind, hash } of commit.events) {
      if (key.startsWith('$')) continue;
      const write = { name: nameOf(commit), author: this.authorOf(origin), stamp, kind, hash };
      const writes = this.#writes.get(key);
      if (writes === undefined) this.#writes.set(key, [write]);
      else writes.push(write);
    }
  }
}

function judgeAgreement(nodes: readonly NodeEvidence[], problems: string[]): void {
  const [first, ...others] = nodes as [NodeEvidence, ...NodeEvidence[]];
  for (const other of others) {
    const pair = `${first.name} and ${other.name}`;
    if (other.stateHash !== first.stateHash) problems.push(`state hashes of ${pair} differ`);
    if (JSON.stringify(other.vector) !== JSON.stringify(first.vector)) {
      problems.push(`vectors of ${pair} differ`);
    }
  }
}

/** A log names each commit once, in the order of its origin, as far as the vector says, as others. */
function judgeLog(node: NodeEvidence, other: NodeEvidence, problems: string[]): void {
  const reached = new Map<string, number>();
  for (const { origin, originSeq } of node.commits) {
    const before = reached.get(origin) ?? 0;
    if (originSeq !== before + 1) {
      problems.push(`${node.name}: ${origin}/${originSeq} stands behind ${before} in the log`);
    }
    reached.set(origin, originSeq);
  }
  for (const [origin, originSeq] of node.vector) {
    if (reached.get(origin) !== originSeq) {
      problems.push(`${node.name}: the vector covers ${origin}/${originSeq}, the log does not`);
    }
  }
  const contents = (of: NodeEvidence): Map<string, string> =>
    new Map(of.commits.map((commit) => [nameOf(commit), contentOf(commit)]));
  const theirs = contents(other);
  for (const [name, content] of contents(node)) {
    const their = theirs.get(name);
    if (their !== undefined && their !== content) {
      problems.push(`${name} is not the same commit on ${node.name} and ${other.name}`);
    }
  }
}

function contentOf({ stamp, events, void: reason }: LoggedCommit): string {
  return JSON.stringify([stamp, events, reason]);
}

interface AckCase {
  readonly nodes: readonly NodeEvidence[];
  readonly world: LoggedWorld;
  readonly problems: string[];
  readonly found: { sibling: number; replaced: number };
}

/** The write is on every node as it was acknowledged, and stands, or was seen and replaced. */
function judgeAck(ack: Acknowledged, { nodes, world, problems, found }: AckCase): void {
  const name = nameOf(ack);
  const what = `acknowledged by ${ack.node} as no. ${ack.number}, ${name}`;
  const expected = JSON.stringify([
    ack.stamp,
    ack.writes.map(({ key, kind, hash }) => ({ key, kind, hash })).sort(byKey),
  ]);
  for (const node of nodes) {
    const commit = node.commits[world.places.get(node.name)?.get(name) ?? -1];
    if (commit === undefined) problems.push(`lost on ${node.name}: ${what}`);
    else if (JSON.stringify([commit.stamp, [...commit.events].sort(byKey)]) !== expected) {
      problems.push(`another commit on ${node.name}: ${what}`);
    } else if (commit.void !== undefined) problems.push(`void on ${node.name}: ${what}`);
  }
  for (const { key } of ack.writes) {
    const stands = nodes.every(({ entries }) =>
      isSibling(
        entries.find((entry) => entry.key === key),
        ack.stamp,
      ),
    );
    if (world.replacedBy(key, name) !== undefined) found.replaced++;
    else if (stands || isTombstone(world.standing.get(key))) found.sibling++;
    else problems.push(`neither there nor replaced: ${key}, ${what}`);
  }
}

function byKey(left: { key: string }, right: { key: string }): number {
  return left.key < right.key ? -1 : 1;
}

function isSibling(entry: NodeEvidence['entries'][number] | undefined, stamp: string): boolean {
  return entry?.siblings.some((sibling) => sibling.stamp === stamp) ?? false;
}

function isTombstone(writes: readonly Write[] | undefined): boolean {
  return writes?.every(({ kind }) => kind === 'remove') ?? false;
}

/** Every key reads as what the logs make of it: nothing more, so nothing comes back. */
function judgeEntries(node: NodeEvidence, world: LoggedWorld, problems: string[]): void {
  for (const { key, value, siblings } of node.entries) {
    const writes = [...(world.standing.get(key) ?? [])].sort((left, right) =>
      compareStamps(parseStamp(left.stamp), parseStamp(right.stamp)),
    );
    const isAbsent = writes.every(({ kind }) => kind === 'remove');
    if (isAbsent && value !== '-') {
      problems.push(`${node.name}: ${key} was removed and is back`);
      continue;
    }
    const expected = isAbsent ? [] : writes.map(({ kind, stamp, hash }) => ({ kind, stamp, hash }));
    const told = siblings.map(({ kind, stamp, hash }) => ({ kind, stamp, hash }));
    if (JSON.stringify(told) !== JSON.stringify(expected)) {
      problems.push(`${node.name}: ${key} has other siblings than the logs give it`);
    }
    const last = writes.at(-1)?.hash ?? '-';
    if (value !== last) problems.push(`${node.name}: ${key} does not read as its last write`);
  }
}

/** Without any log: what an acknowledged write had seen of its key is not there any more. */
function judgeRemoves(
  nodes: readonly NodeEvidence[],
  acks: readonly Acknowledged[],
  problems: string[],
): void {
  const gone = new Map<string, string>();
  for (const { node, number, writes } of acks) {
    // A commit of several keys has one stamp.
    for (const { key, seen = [], kind } of writes) {
      for (const stamp of seen) gone.set(`${stamp} ${key}`, `${kind} no. ${number} of ${node}`);
    }
  }
  for (const { name, entries } of nodes) {
    for (const { key, siblings } of entries) {
      for (const { stamp } of siblings) {
        const by = gone.get(`${stamp} ${key}`);
        if (by !== undefined) problems.push(`${name}: ${key} is back although ${by} had seen it`);
      }
    }
  }
}

/** What a write had seen when it was made is what its author's log says that it had seen. */
function judgeSeen(
  nodes: readonly NodeEvidence[],
  acks: readonly Acknowledged[],
  world: LoggedWorld,
  problems: string[],
): void {
  const byName = new Map(acks.map((ack) => [nameOf(ack), ack]));
  for (const { name: node, commits } of nodes) {
    const present = new Map<string, Write[]>();
    for (const commit of commits) {
      const name = nameOf(commit);
      const author = world.authorOf(commit.origin);
      for (const { key, kind, hash } of commit.void === undefined ? commit.events : []) {
        const before = present.get(key) ?? [];
        const ack = byName.get(name);
        const seen = ack?.writes.find((write) => write.key === key)?.seen;
        if (ack?.node === node && seen !== undefined) {
          const stamps = isTombstone(before) ? [] : before.map(({ stamp }) => stamp);
          if (JSON.stringify([...stamps].sort()) !== JSON.stringify([...seen].sort())) {
            problems.push(`${node}: ${key} had other siblings when no. ${ack.number} was written`);
          }
        }
        const write = { name, author, stamp: commit.stamp, kind, hash };
        present.set(key, [...before.filter((one) => !world.sees(write, one)), write]);
      }
    }
  }
}

/** The journal of the node that ended a conflict names it, and only what the end had seen. */
function judgeJournal(
  nodes: readonly NodeEvidence[],
  acks: readonly Acknowledged[],
  problems: string[],
): number {
  let count = 0;
  for (const { name, journal } of nodes) {
    const decided = new Map(journal.map((one) => [`${one.seq} ${one.key}`, one]));
    for (const { node, number, seq, writes, resolved, stamp } of acks) {
      if (node !== name || resolved !== true) continue;
      const key = writes[0]?.key;
      count++;
      const entry = decided.get(`${seq} ${key}`);
      if (entry === undefined)
        problems.push(`${name}: no. ${number} ended a conflict of ${key} unlisted`);
      else if (entry.stamps.length < 2 || entry.stamps.includes(stamp)) {
        problems.push(
          `${name}: the journal of ${key} at ${seq} has ${entry.stamps.length} siblings`,
        );
      }
    }
  }
  return count;
}
