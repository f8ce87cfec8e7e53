/**
 * Every statement that the lane has applied, pending included: who is a member, what it may do, the
 * limits of the world. Each question is asked for a causal past, so that a commit is judged by what
 * its author had seen, on every node alike (design § 9). All answers come from what stands in L1:
 * of other statements of its subject each names those that it comes after, so nothing but keys and
 * values is needed, and replay sets these only (INV-5).
 */
import { hexOf, INCARNATION_BYTES } from '../../core/index.ts';
import { valueOfCell } from '../operations/index.ts';
import type { OriginTable, Storage } from '../storage/index.ts';
import { KIND_PUT } from '../storage/index.ts';
import { combineStandings, type Standing, standingAfter } from './standing.ts';
import {
  FORK_PREFIX,
  MEMBER_PREFIX,
  parseStatement,
  type Statement,
  WORLD_PREFIX,
} from './statement.ts';
import { narrowestLimits, WORLD_LIMITS_KEY, type WorldLimits } from './world-limits.ts';

/** Whether a commit belongs to the past of the one that is asked about. */
export type Covers = (origin: string, originSeq: number) => boolean;

/** Everything that is here. */
export const PRESENT: Covers = () => true;

/** A member as it stands. */
export interface Member extends Standing {
  readonly fingerprint: string;
}

/** The origin's chain has this digest behind this commit; anything else under its name is lost. */
export interface DecidedBranch {
  readonly origin: string;
  readonly originSeq: number;
  readonly digest: Uint8Array;
  readonly statement: Statement;
}

const NONE: readonly Statement[] = [];
const FINGERPRINT_LENGTH = 32;

export class MembershipTable {
  /** Counts up with each change. */
  version = 0;
  readonly #parent: MembershipTable | undefined;
  readonly #subjects = new Map<string, readonly Statement[]>();
  /** Of statements, branched or not: what a statement leaves never changes. */
  readonly #standings: WeakMap<Statement, Standing | null>;

  constructor(parent?: MembershipTable) {
    this.#parent = parent;
    this.#standings = parent === undefined ? new WeakMap() : parent.#standings;
  }

  /** What is added to it stays out of this one. */
  branch(): MembershipTable {
    return new MembershipTable(this);
  }

  /** Forgets everything and takes the statements that stand in L1. */
  load(storage: Storage, origins: OriginTable): void {
    this.#subjects.clear();
    this.version++;
    for (const prefix of [MEMBER_PREFIX, WORLD_PREFIX, FORK_PREFIX]) {
      const cursor = storage.range({ prefix, includeSystem: true, includeAbsent: true });
      while (cursor.next()) {
        const { key } = cursor;
        for (const cell of cursor.entry().siblings) {
          if (cell.kind !== KIND_PUT) continue;
          const form = parseStatement(key, valueOfCell(cell));
          if (typeof form === 'string') continue;
          this.add({ ...form, ...placeOf(origins.text(cell.origin), cell.originSeq) });
        }
      }
    }
  }

  /** A statement that was found to be valid. */
  add(statement: Statement): void {
    const { subject } = statement;
    this.#subjects.set(subject, [...this.statementsOf(subject), statement]);
    this.version++;
  }

  statementsOf(subject: string): readonly Statement[] {
    return this.#subjects.get(subject) ?? this.#parent?.statementsOf(subject) ?? NONE;
  }

  /** Of the statements of a subject in this past, those that no other of them comes after. */
  headsOf(subject: string, covers: Covers): readonly Statement[] {
    const all = this.statementsOf(subject);
    const seen = all.filter(({ origin, originSeq }) => covers(origin, originSeq));
    if (seen.length < 2) return seen;
    const passed = new Set(seen.flatMap(({ over }) => over));
    return seen.filter(({ id }) => !passed.has(id)).sort(byId);
  }

  /** The rights in force for a commit with this past; `undefined`: its author is a stranger. */
  rightsOf(fingerprint: string, covers: Covers): Standing | undefined {
    return this.#combined(fingerprint, this.headsOf(fingerprint, covers));
  }

  /** The limits in force for a commit with this past. */
  limits(covers: Covers = PRESENT): WorldLimits {
    const limits: WorldLimits[] = [];
    for (const { body } of this.headsOf(WORLD_LIMITS_KEY, covers)) {
      if (body.kind === 'limits') limits.push(body.limits);
    }
    return narrowestLimits(limits);
  }

  /** All members that ever were, as they stand now, by fingerprint. */
  members(): Member[] {
    const members: Member[] = [];
    for (const subject of this.#names()) {
      if (subject.length !== FINGERPRINT_LENGTH) continue;
      const standing = this.rightsOf(subject, PRESENT);
      if (standing !== undefined) members.push({ fingerprint: subject, ...standing });
    }
    return members.sort((left, right) => (left.fingerprint < right.fingerprint ? -1 : 1));
  }

  /**
   * Up to where the incarnations of a closed member count, by their 32 hex characters (0 for one
   * that is not named); `undefined` where its membership is not closed.
   */
  endsOf(fingerprint: string): ReadonlyMap<string, number> | undefined {
    if (this.rightsOf(fingerprint, PRESENT)?.state !== 'closed') return undefined;
    const closed: ReadonlyMap<string, number>[] = [];
    for (const { body, id } of this.statementsOf(fingerprint)) {
      if (body.kind !== 'closed' || this.#isReadmitted(fingerprint, id, PRESENT)) continue;
      closed.push(body.ends);
    }
    const [first, ...others] = closed;
    const ends = new Map(first);
    for (const other of others) {
      for (const [name, last] of ends) ends.set(name, Math.min(last, other.get(name) ?? 0));
    }
    return ends;
  }

  /**
   * Whether a bundle of this origin that ends at `lastOriginSeq` lies behind the end of a closed
   * member: an end counts for all that has not seen a readmission that comes after it.
   */
  isBeyondEnd(origin: string, lastOriginSeq: number, covers: Covers): boolean {
    const fingerprint = origin.slice(0, FINGERPRINT_LENGTH);
    const incarnation = origin.slice(-INCARNATION_BYTES * 2);
    return this.statementsOf(fingerprint).some(({ body, id }) => {
      if (body.kind !== 'closed' || lastOriginSeq <= (body.ends.get(incarnation) ?? 0))
        return false;
      return !this.#isReadmitted(fingerprint, id, covers);
    });
  }

  /** Every statement that ends a membership, also of members who were readmitted since. */
  closings(): Statement[] {
    const members = [...this.#names()].filter((name) => name.length === FINGERPRINT_LENGTH);
    return members.flatMap((name) =>
      this.statementsOf(name).filter(({ body }) => body.kind === 'closed'),
    );
  }

  /** Of each origin that has a fork and that an admin has decided about, the branch that stays. */
  branches(): DecidedBranch[] {
    const branches: DecidedBranch[] = [];
    for (const subject of this.#names()) {
      if (!subject.startsWith(FORK_PREFIX)) continue;
      // Of decisions that have not seen each other all nodes take the same one.
      const [statement] = this.headsOf(subject, PRESENT);
      if (statement?.body.kind !== 'fork') continue;
      const { originSeq, digest } = statement.body;
      branches.push({ origin: subject.slice(FORK_PREFIX.length), originSeq, digest, statement });
    }
    return branches;
  }

  #isReadmitted(fingerprint: string, closed: string, covers: Covers): boolean {
    const statements = this.statementsOf(fingerprint);
    const byName = new Map(statements.map((statement) => [statement.id, statement]));
    return statements.some(({ body, over, origin, originSeq }) => {
      if (body.kind !== 'readmission' || !covers(origin, originSeq)) return false;
      const open = [...over];
      const visited = new Set<string>();
      for (let at = open.pop(); at !== undefined; at = open.pop()) {
        if (at === closed) return true;
        if (visited.has(at)) continue;
        visited.add(at);
        open.push(...(byName.get(at)?.over ?? []));
      }
      return false;
    });
  }

  #combined(subject: string, heads: readonly Statement[]): Standing | undefined {
    const standings = heads.map((head) => this.#standing(subject, head));
    return combineStandings(standings.filter((standing) => standing !== undefined));
  }

  /** What a statement leaves of what it comes after: fixed with it, so it is kept. */
  #standing(subject: string, statement: Statement): Standing | undefined {
    const kept = this.#standings.get(statement);
    if (kept !== undefined) return kept ?? undefined;
    const before = this.statementsOf(subject).filter(({ id }) => statement.over.includes(id));
    const standing = standingAfter(statement, this.#combined(subject, before.sort(byId)));
    this.#standings.set(statement, standing ?? null);
    return standing;
  }

  #names(): Iterable<string> {
    return this.#parent === undefined
      ? this.#subjects.keys()
      : new Set([...this.#parent.#names(), ...this.#subjects.keys()]);
  }
}

/** The name and place of a statement made by this commit. */
export function placeOf(
  origin: string,
  originSeq: number,
): Pick<Statement, 'origin' | 'originSeq' | 'id'> {
  return { origin, originSeq, id: `${origin}/${originSeq}` };
}

/** The fingerprint of a public key, as its SHA-256 gives it. */
export function fingerprintOfDigest(digest: Uint8Array): string {
  return hexOf(digest, 0, FINGERPRINT_LENGTH / 2);
}

function byId(left: Statement, right: Statement): number {
  return left.id < right.id ? -1 : 1;
}
