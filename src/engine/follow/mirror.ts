/**
 * The log of a node on another machine, copied byte for byte into a directory here, where a
 * follower reads it: only what is durable there, told only when it is durable here. What is here is
 * gone on with if the source has the same bytes at its end. If not (another log, one that was cut,
 * one that let go what is missing here) the log is copied anew beside the old one, which stays
 * readable until one rename puts the new one in its place.
 */
import { AdastraError, equalBytes, hexOf } from '../../core/index.ts';
import type { Env } from '../../env/index.ts';
import { listCheckpoints } from '../../store/checkpoint/index.ts';
import { MirroredLog } from '../../wal/index.ts';
import { checkpointDirectory, diskError, logDirectory, removeTree } from '../directory.ts';
import type { Logger } from '../options.ts';
import { copyCheckpoint } from './copy-checkpoint.ts';
import type { RemoteLog } from './remote-log.ts';
import type { LogDescription, LogPosition, SourceListener, SourceWatch } from './source.ts';

const RETRY_MS = 500;
/** Where a log is copied that is to take the place of the present one. */
const NEXT = 'next';
const OLD = 'log-old';

export interface MirrorParts {
  readonly env: Env;
  /** The follower's own directory. */
  readonly dataDir: string;
  readonly remote: RemoteLog;
  readonly logger: Logger | undefined;
}

export class Mirror implements SourceWatch {
  readonly #parts: MirrorParts;
  readonly #closing = new AbortController();
  #log: MirroredLog | undefined;
  #baseSeq = 0;
  #wake: (() => void) | undefined;

  constructor(parts: MirrorParts) {
    this.#parts = parts;
  }

  /** Copies the log that is there now. */
  async prepare(): Promise<void> {
    await this.#copyAnew(await this.#parts.remote.describe(this.#closing.signal));
  }

  start(listener: SourceListener): void {
    this.#parts.env.timers.soon(() => void this.#run(listener));
  }

  close(): void {
    this.#closing.abort();
    this.#wake?.();
    this.#parts.remote.close();
    this.#log?.close();
    this.#log = undefined;
  }

  async #run(listener: SourceListener): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      const reason = await this.#follow(listener);
      if (signal.aborted) return;
      listener.lost(reason);
      await this.#waited(RETRY_MS);
    }
  }

  /** Copies what comes until that ends; why it did. */
  async #follow(listener: SourceListener): Promise<string> {
    const { signal } = this.#closing;
    try {
      await this.#findPlace();
      for await (const position of this.#parts.remote.tail(signal)) {
        if (signal.aborted) break;
        await this.#copyTo(position);
        if (signal.aborted) break;
        listener.told(position);
        this.#letGo(position.baseSeq);
      }
      return 'the node that is followed stopped';
    } catch (error) {
      if (signal.aborted) return 'closed';
      const known = diskError(error, 'the log cannot be copied');
      return known.message;
    }
  }

  /** Goes on where the copy ends, or begins anew. */
  async #findPlace(): Promise<void> {
    const { env, dataDir, remote, logger } = this.#parts;
    this.#log?.close();
    this.#log = new MirroredLog(env, dataDir);
    const described = await remote.describe(this.#closing.signal);
    const reason = await this.#misfit(this.#log, described);
    if (reason === undefined) return;
    logger?.warn(`the log is copied anew: ${reason}`);
    await this.#copyAnew(described);
  }

  /** Why the copy is not the beginning of the source's log. */
  async #misfit(log: MirroredLog, there: LogDescription): Promise<string | undefined> {
    const { end, proof, logId } = log;
    if (logId === undefined || proof === undefined) return 'there is nothing of it here';
    if (hexOf(logId) !== there.logId) return 'the source has another log now';
    const first = there.segments[0]?.number ?? 0;
    if (end.segment < first) return `the log begins behind seq ${there.baseSeq}`;
    const isBehind =
      there.segment < end.segment || (there.segment === end.segment && there.bytes < end.bytes);
    if (isBehind) return 'the source has less than was copied';
    const place = { logId: there.logId, segment: proof.segment, from: proof.from };
    const theirs = await this.#parts.remote.segment(place, this.#closing.signal);
    const isSame = equalBytes(theirs.subarray(0, proof.bytes.length), proof.bytes);
    return isSame ? undefined : 'other bytes stand where the copy ends';
  }

  /** Brings the copy to a position at least, durably. */
  async #copyTo(position: LogPosition): Promise<void> {
    const log = this.#log;
    if (log === undefined) return;
    if (!isShort(log, position)) return;
    await fill(log, position, (segment, from) =>
      this.#parts.remote.segment({ logId: position.logId, segment, from }, this.#closing.signal),
    );
    await log.sync();
  }

  async #copyAnew(described: LogDescription): Promise<void> {
    const { env, dataDir, remote } = this.#parts;
    const { signal } = this.#closing;
    const aside = env.fs.resolve(dataDir, NEXT);
    removeTree(env, aside);
    env.fs.makeDirectory(aside);
    if (described.baseSeq > 0) await copyCheckpoint(this.#parts, described, signal);
    const log = new MirroredLog(env, aside);
    try {
      log.begin(described.segments[0]?.number ?? described.segment);
      const { logId } = described;
      await fill(log, described, (segment, from) =>
        remote.segment({ logId, segment, from }, signal),
      );
      await log.sync();
    } finally {
      log.close();
    }
    if (signal.aborted) return;
    this.#log?.close();
    this.#swap(aside);
    this.#log = new MirroredLog(env, dataDir);
  }

  #swap(aside: string): void {
    const { env, dataDir } = this.#parts;
    const { fs } = env;
    const old = fs.resolve(dataDir, OLD);
    removeTree(env, old);
    const log = logDirectory(env, dataDir);
    if (fs.stat(log) !== undefined) fs.rename(log, old);
    fs.rename(fs.resolve(aside, 'log'), log);
    fs.syncDirectory(dataDir);
    removeTree(env, old);
    removeTree(env, aside);
  }

  /** What the source let go of goes here too, once a checkpoint of ours stands above it. */
  #letGo(baseSeq: number): void {
    if (baseSeq <= this.#baseSeq) return;
    const { env, dataDir } = this.#parts;
    const [newest] = listCheckpoints(env, checkpointDirectory(env, dataDir));
    if (newest === undefined || newest.seq < baseSeq) return;
    this.#log?.dropBelow(baseSeq);
    this.#baseSeq = baseSeq;
  }

  #waited(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#parts.env.timers.after(ms, resolve);
      this.#wake = () => {
        timer.cancel();
        resolve();
      };
    });
  }
}

function isShort({ end }: MirroredLog, { segment, bytes }: LogPosition): boolean {
  return end.segment < segment || (end.segment === segment && end.bytes < bytes);
}

/** Copies bytes until the log is as long as `position` says. */
async function fill(
  log: MirroredLog,
  position: LogPosition,
  ask: (segment: number, from: number) => Promise<Uint8Array>,
): Promise<void> {
  while (isShort(log, position)) {
    const { segment, bytes } = log.end;
    const next = await ask(segment, bytes);
    if (next.length > 0) log.write(next);
    // There is a later one, so this one is whole.
    else if (segment < position.segment) log.begin(segment + 1);
    else throw new AdastraError('unavailable', 'the source gave less than it told of');
  }
}
