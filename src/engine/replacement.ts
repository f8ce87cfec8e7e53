/**
 * Replacing the whole state of an open node: by a snapshot of another, or by its own less some
 * commits. What is open is closed but for the lock, the directory is rebuilt beside and put in
 * place by one rename, and what is there then is opened again, also where rebuilding failed;
 * afterwards own commits that the new base lacks are authored again. Reads go on meanwhile, writes
 * are `overloaded`.
 */
import {
  AdastraError,
  type Receipt,
  type SnapshotOfferMessage,
  type Vector,
} from '../core/index.ts';
import type { Lane } from '../store/transactions/index.ts';
import type { SyncEngine } from '../sync/index.ts';
import type { EngineParts } from './engine-parts.ts';
import type { DeadLetter } from './peer-api.ts';
import { clockRepair } from './rebuild/clock-repair.ts';
import { DeadLetterFile } from './rebuild/dead-letters.ts';
import type { LeavesOut } from './rebuild/carry-over.ts';
import { installSnapshot } from './rebuild/install-snapshot.ts';
import {
  type AuthoringNode,
  deadLetters,
  reauthor,
  type ReauthorReport,
  retryDeadLetter,
} from './rebuild/reauthor.ts';
import { takeOut } from './rebuild/take-out.ts';
import { VoidLetters } from './void-letters.ts';

/** Whose state it is; an engine. */
export interface ReplacedNode extends AuthoringNode {
  readonly parts: EngineParts;
}

/** What the engine does about its parts. */
export interface ReplaceableNode {
  close(): Promise<void>;
  openAgain(): void;
}

export interface ClockReport extends ReauthorReport {
  readonly stampsFromMs: number;
}

export class Replacement {
  /** Own commits that wait for somebody to decide about them. */
  readonly letters: DeadLetterFile;
  readonly #void = new VoidLetters();
  readonly #node: ReplacedNode;
  readonly #parts: ReplaceableNode;
  #running: Promise<ReauthorReport> | undefined;
  #authoring: Promise<ReauthorReport> | undefined;

  constructor(node: ReplacedNode, parts: ReplaceableNode) {
    this.#node = node;
    this.#parts = parts;
    const { env, dataDir } = node.parts;
    this.letters = new DeadLetterFile(env, dataDir);
  }

  /** Throws `overloaded` while the state is being replaced; it takes seconds. */
  check(): void {
    if (this.#running === undefined) return;
    throw new AdastraError('overloaded', 'the state is being replaced', {
      hint: 'reads go on; try the write again in a moment',
    });
  }

  /** Resolves when nothing is being replaced. */
  get finished(): Promise<void> {
    const running = this.#running ?? Promise.resolve();
    return running.then(
      () => {},
      () => {},
    );
  }

  /** Right after opening: goes on with what a start over that was cut off left to be authored. */
  async goOn(): Promise<void> {
    // Who replaces the state does it afterwards.
    if (this.#running !== undefined) return;
    await this.#reauthor().catch((error: unknown) => {
      this.#node.parts.options.logger?.error(`authoring again: ${String(error)}`);
    });
  }

  /** By a snapshot that is here whole. */
  async install(file: string, offer: SnapshotOfferMessage): Promise<void> {
    const { env, dataDir, options, identity } = this.#node.parts;
    await this.run(async () => {
      const settings = { offer, identity, options };
      const { keptCommits } = await installSnapshot(env, dataDir, file, settings);
      options.logger?.warn(
        `the state of ${offer.fingerprint} was taken over, ${keptCommits} commits kept on top`,
      );
    });
  }

  /** By its own state less what counts nowhere any more, and what has seen it. */
  async takeOut(leavesOut: LeavesOut): Promise<ReauthorReport> {
    const { env, dataDir, options, identity } = this.#node.parts;
    return this.run(async () => {
      const { toReauthor } = await takeOut(env, dataDir, { identity, options, leavesOut });
      options.logger?.warn(
        `commits behind the end of a membership were taken out, ${toReauthor} own ones are authored again`,
      );
    });
  }

  /** By its own state less own commits with stamps ahead that nobody has; `undefined`: none is. */
  async repairClock(taken: Vector): Promise<ClockReport | undefined> {
    const { env, dataDir, options, identity } = this.#node.parts;
    const { driftMsMax: driftLimitMs } = (this.#node.lane as Lane).membership.table.limits();
    let stampsFromMs: number | undefined;
    const report = await this.run(async () => {
      const settings = { taken, driftLimitMs, identity, options };
      stampsFromMs = (await clockRepair(env, dataDir, settings))?.stampsFromMs;
    });
    return stampsFromMs === undefined ? undefined : { ...report, stampsFromMs };
  }

  /** Letters in the file. */
  get waiting(): number {
    return this.letters.size;
  }

  /** Own commits that peers have reported as void wait with the others. */
  keepVoid(sync: SyncEngine): void {
    const { log, options } = this.#node.parts;
    this.#void.keep(sync, { log, letters: this.letters, logger: options.logger });
  }

  waitingLetters(): Promise<DeadLetter[]> {
    return deadLetters(this.#node, this.letters);
  }

  retryWaiting(id: string, drop: boolean): Promise<Receipt | undefined> {
    return retryDeadLetter(this.#node, this.letters, id, { drop });
  }

  /** Replaces the state by what `work` makes of the directory. */
  async run(work: () => Promise<void>): Promise<ReauthorReport> {
    this.check();
    this.#running = this.#replace(work);
    try {
      await this.#running;
    } finally {
      this.#running = undefined;
    }
    return this.#reauthor();
  }

  /** One at a time; who asks meanwhile gets what the running one reports. */
  #reauthor(): Promise<ReauthorReport> {
    this.#authoring ??= reauthor(this.#node, this.letters).finally(() => {
      this.#authoring = undefined;
    });
    return this.#authoring;
  }

  async #replace(work: () => Promise<void>): Promise<ReauthorReport> {
    // It finds writes refused from here on, and what it did not come to stays written down.
    await this.#authoring?.catch(() => {});
    await this.#parts.close();
    try {
      await work();
    } finally {
      this.#parts.openAgain();
    }
    return { reauthored: 0, deadLetters: 0 };
  }
}
