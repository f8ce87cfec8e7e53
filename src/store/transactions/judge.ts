/**
 * Judges the commits of one author by themselves and their causal past (design § 9): membership and
 * role, scopes, keys of the system, well-formed statements. A judge is made for one past (that of a
 * bundle, or of everything here for own writes) and takes commits in order, for each has seen those
 * before it: what statements they make goes into its table.
 */
import { isReservedKey, NeedsNewerLevel, type Value } from '../../core/index.ts';
import { type Covers, type MembershipTable, placeOf } from './membership.ts';
import { isInScope, roleFault, type Standing } from './standing.ts';
import { isStatementKey, parseStatement, type Statement } from './statement.ts';
import { needsNewer, statementFault, type WorldProof } from './statement-check.ts';
import type { WorldLimits } from './world-limits.ts';

/** A write of a key that begins with `$`; its value is asked for only where it counts. */
export interface SystemEvent {
  readonly key: string;
  /** `undefined`: a remove. */
  readonly value: (() => Value | undefined) | undefined;
}

export interface JudgeSettings {
  readonly table: MembershipTable;
  readonly covers: Covers;
  /** Whose commits. */
  readonly origin: string;
  readonly world: WorldProof;
  /** The first commit may found the world: it has no past at all. */
  readonly mayFound: boolean;
}

const FINGERPRINT_LENGTH = 32;
const NO_STATEMENTS: readonly Statement[] = [];

/** The statements of a commit, or why it is void. */
export type SystemVerdict = readonly Statement[] | string;

export class Judge {
  readonly #settings: JudgeSettings;
  readonly #fingerprint: string;
  #version = -1;
  #standing: Standing | undefined;
  #limits: WorldLimits | undefined;

  constructor(settings: JudgeSettings) {
    this.#settings = settings;
    this.#fingerprint = settings.origin.slice(0, FINGERPRINT_LENGTH);
  }

  /** How the author stands now; `undefined`: a stranger. */
  get standing(): Standing | undefined {
    this.#refresh();
    return this.#standing;
  }

  get limits(): WorldLimits {
    this.#refresh();
    return this.#limits as WorldLimits;
  }

  /** Why the author may write nothing. */
  roleFault(originSeq: number): string | undefined {
    const { standing } = this;
    return this.#mayFound(originSeq) ? undefined : roleFault(standing);
  }

  /** Why the author may not write this key. */
  keyFault(key: string, originSeq: number): string | undefined {
    const { standing } = this;
    if (isReservedKey(key)) {
      if (standing?.role === 'admin' || this.#mayFound(originSeq)) return undefined;
      return `only an admin writes ${JSON.stringify(key)}`;
    }
    if (standing === undefined || isInScope(standing, key)) return undefined;
    return `${JSON.stringify(key)} is outside the scopes of its author`;
  }

  /**
   * What a commit says under keys of the system, by an author that may write them. Throws
   * `NeedsNewerLevel` for a valid statement that only a newer version understands.
   */
  system(originSeq: number, events: readonly SystemEvent[]): SystemVerdict {
    const statements: Statement[] = [];
    for (const { key, value } of events) {
      if (!isStatementKey(key)) continue;
      if (value === undefined) return `the statement ${key} is removed`;
      const form = parseStatement(key, value());
      const fault = typeof form === 'string' ? form : this.#formFault(form, originSeq, statements);
      if (fault !== undefined) return `the statement ${key}: ${fault}`;
      const place = placeOf(this.#settings.origin, originSeq);
      statements.push({ ...(form as Exclude<typeof form, string>), ...place });
    }
    const isFirst = this.standing === undefined;
    if (isFirst && !statements.some(({ body }) => body.kind === 'founding')) {
      return roleFault(undefined) as string;
    }
    const newer = statements.find(needsNewer);
    if (newer !== undefined) throw new NeedsNewerLevel(`${newer.key} needs a newer version`);
    return statements.length === 0 ? NO_STATEMENTS : statements;
  }

  /** Takes over what a commit that is not void says: the next one has seen it. */
  accept(statements: readonly Statement[]): void {
    for (const statement of statements) this.#settings.table.add(statement);
  }

  #formFault(
    form: Exclude<ReturnType<typeof parseStatement>, string>,
    originSeq: number,
    before: readonly Statement[],
  ): string | undefined {
    if (before.some(({ subject }) => subject === form.subject)) {
      return 'the commit makes another one of the same subject';
    }
    const { table, covers, world } = this.#settings;
    const mayFound = this.#mayFound(originSeq);
    return statementFault(form, { ...world, table, covers, author: this.#fingerprint, mayFound });
  }

  /** Whoever is a member founds nothing. */
  #mayFound(originSeq: number): boolean {
    return this.#settings.mayFound && originSeq === 1 && this.standing === undefined;
  }

  #refresh(): void {
    const { table, covers } = this.#settings;
    if (this.#version === table.version) return;
    this.#version = table.version;
    this.#standing = table.rightsOf(this.#fingerprint, covers);
    this.#limits = table.limits(covers);
  }
}
