/**
 * What a reader of commits gets to see: only events under its prefixes and of its kind, only
 * commits of its operations; never keys of the system unless it asks, never the hashes of tokens
 * unless it is an admin. A commit of which nothing is left is passed over.
 */
import {
  type TArray,
  type TBoolean,
  type TOptional,
  type TString,
  type TUnsafe,
  Type,
} from 'typebox';
import { type ChangedKey, type Commit, isReservedKey } from '../../core/index.ts';
import type { Caller } from '../caller.ts';
import { FLAG, oneOf, TEXTS } from '../schemas/shapes.ts';

const TOKENS = '$token/';

/** What a request asks for. */
interface CommitWish {
  readonly system?: boolean | undefined;
  /** Keys that begin with one of these; default: all. */
  readonly prefix?: readonly string[] | undefined;
  readonly kind?: 'put' | 'remove' | undefined;
  /** Commits made by one of these operations; default: all. */
  readonly operation?: readonly string[] | undefined;
}

/** The same as fields of a query. */
export const COMMIT_WISH: {
  system: TOptional<TBoolean>;
  prefix: TOptional<TArray<TString>>;
  kind: TOptional<TUnsafe<'put' | 'remove'>>;
  operation: TOptional<TArray<TString>>;
} = {
  system: Type.Optional(FLAG),
  prefix: Type.Optional(TEXTS),
  kind: Type.Optional(oneOf(['put', 'remove'])),
  operation: Type.Optional(TEXTS),
};

export class CommitFilter {
  /** Equal for filters that show the same. */
  readonly name: string;
  readonly #wish: CommitWish;
  readonly #prefixes: readonly string[] | undefined;
  readonly #isAdmin: boolean;

  constructor(wish: CommitWish, { role, prefixes }: Pick<Caller, 'role' | 'prefixes'>) {
    this.#wish = wish;
    this.#prefixes = prefixes;
    this.#isAdmin = role === 'admin';
    const { system = false, prefix, kind, operation } = wish;
    this.name = JSON.stringify([
      system && (this.#isAdmin ? 'all' : 'most'),
      prefix,
      kind,
      operation,
      prefixes,
    ]);
  }

  /** The commit as the reader sees it; `undefined` where it sees nothing of it. */
  show(commit: Commit): Commit | undefined {
    if (!this.#isOfOperation(commit)) return undefined;
    const { events } = commit;
    const shown = events.every(this.#shows) ? events : events.filter(this.#shows);
    if (shown.length === 0 && !(commit.void !== undefined && this.#isWhole)) return undefined;
    return shown === events ? commit : { ...commit, events: shown };
  }

  /** Whether it leaves out nothing of what users wrote. */
  get #isWhole(): boolean {
    const { prefix, kind, operation } = this.#wish;
    const narrow = [prefix, kind, operation, this.#prefixes];
    return narrow.every((one) => one === undefined);
  }

  #isOfOperation({ operations = [] }: Commit): boolean {
    const { operation } = this.#wish;
    return operation === undefined || operations.some(({ name }) => operation.includes(name));
  }

  readonly #shows = ({ key, kind }: ChangedKey): boolean => {
    const { system, prefix, kind: wanted } = this.#wish;
    if (isReservedKey(key) && system !== true) return false;
    if (!this.#isAdmin && key.startsWith(TOKENS)) return false;
    if (wanted !== undefined && kind !== wanted) return false;
    return isUnder(key, prefix) && isUnder(key, this.#prefixes);
  };
}

function isUnder(key: string, prefixes: readonly string[] | undefined): boolean {
  return prefixes === undefined || prefixes.some((prefix) => key.startsWith(prefix));
}
