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
import type { EngineParts } from './engine-parts.ts';
import type { DeadLetter } from './peer-api.ts';
import { clockRepair } from './rebuild/clock-repair.ts';
import { DeadLetterFile } from './rebuild/dead-letters.ts';
import { installSnapshot } from './rebuild/install-snapshot.ts';
import {
  type AuthoringNode,
  deadLetters,
  reauthor,
  type ReauthorReport,
  retryDeadLetter,
} from './rebuild/reauthor.ts';

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
  readonly #node: ReplacedNode;
  readonly #parts: ReplaceableNode;
  #running: Promise<ReauthorReport> | undefined;

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
    await reauthor(this.#node, this.letters).catch((error: unknown) => {
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
    return reauthor(this.#node, this.letters);
  }

  async #replace(work: () => Promise<void>): Promise<ReauthorReport> {
    await this.#parts.close();
    try {
      await work();
    } finally {
      this.#parts.openAgain();
    }
    return { reauthored: 0, deadLetters: 0 };
  }
}
