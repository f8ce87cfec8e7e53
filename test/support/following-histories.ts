/**
 * Random histories of a writer and its readers: one that follows its directory, one on another
 * machine that copies its log, and one that follows the copy. Processes are killed, the power goes,
 * directories are put back from copies, cut, or given to another world, retention lets the log go.
 * After each step every reader is held against what the writer had at the same seq. Everything
 * follows from the seed.
 */
import { hexOf, Prng } from '../../src/core/index.ts';
import { type MemoryEnv, MemoryFileSystem, memoryEnv } from '../../src/env/memory/index.ts';
import { NodeCrypto } from '../../src/env/node/index.ts';
import type { Engine, Follower, NodeOptions } from '../../src/engine/index.ts';
import { removeTree } from '../../src/engine/directory.ts';
import { type HandWatch, openMirror, openReader, settle } from './follower-world.ts';
import { LocalRemoteLog } from './local-remote-log.ts';
import { NODE_DIRECTORY, openNode } from './memory-node.ts';

const CRYPTO = new NodeCrypto();
const CHAINED = '/chained';
const OPTIONS: NodeOptions = {
  limits: { valueBytesMax: 1024, commitBytesMax: 12_000, segmentBytes: 12_000 },
};

export interface FollowingHistory {
  readonly seed: number;
  readonly steps: number;
  /** The writer's word is taken for what is not durable: a fault that must be found. */
  readonly lies?: boolean;
}

/** Hashes by log and seq, as the writer had them. */
type Book = Map<string, Map<number, string>>;

interface Reader {
  readonly name: string;
  node: Follower | undefined;
  env: MemoryEnv | undefined;
}

/** Runs one; everything that was wrong, empty when all was well. */
export async function runFollowing(options: FollowingHistory): Promise<string[]> {
  const world = new FollowingWorld(options);
  try {
    await world.begin();
    for (let step = 0; step < options.steps && world.faults.length === 0; step++) {
      await world.step();
    }
    if (world.faults.length === 0) await world.finish();
  } catch (error) {
    world.faults.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  return world.faults.map((fault) => `${fault}\n${world.story.join(' ')}`);
}

class FollowingWorld {
  readonly faults: string[] = [];
  readonly story: string[] = [];
  readonly #options: FollowingHistory;
  readonly #random: Prng;
  #book: Book = new Map();
  /** A copy of the writer's directory, and what it holds. */
  #copy: { files: Map<string, Uint8Array>; hashes: Map<number, string>; log: string } | undefined;
  #near = new MemoryFileSystem();
  #far = new MemoryFileSystem();
  #writer: Engine | undefined;
  #writerEnv: MemoryEnv | undefined;
  #number = 0;
  readonly #remote = new LocalRemoteLog();
  readonly #watches = new Map<string, HandWatch>();
  readonly #readers: readonly Reader[] = ['near', 'far', 'chained'].map((name) => ({
    name,
    node: undefined,
    env: undefined,
  }));

  constructor(options: FollowingHistory) {
    this.#options = options;
    this.#random = new Prng(options.seed);
  }

  async begin(): Promise<void> {
    await this.#openWriter();
    await this.#write();
    for (const reader of this.#readers) await this.#openReader(reader);
  }

  async step(): Promise<void> {
    const steps: readonly (readonly [number, string, () => Promise<void>])[] = [
      [10, 'write', () => this.#write()],
      [8, 'pass', () => this.#pass()],
      [3, 'connect', async () => this.#connect()],
      [2, 'disconnect', async () => this.#disconnect()],
      [2, 'reader', () => this.#restartReader()],
      [2, 'writer', () => this.#restartWriter()],
      [1, 'checkpoint', () => this.#checkpoint()],
      [2, 'kill', () => this.#crash('kill')],
      [1, 'power', () => this.#crash('torn')],
      [1, 'copy', () => this.#copyDirectory()],
      [1, 'back', () => this.#putBack()],
      [1, 'world', () => this.#otherWorld()],
    ];
    let draw = this.#random.below(steps.reduce((sum, [weight]) => sum + weight, 0));
    for (const [weight, name, run] of steps) {
      draw -= weight;
      if (draw >= 0) continue;
      this.story.push(name);
      await run();
      break;
    }
    this.#check();
  }

  /** Everybody hears of everything: all stand where the writer stands. */
  async finish(): Promise<void> {
    if (this.#writer === undefined) await this.#openWriter();
    await this.#writer?.flush();
    await this.#write();
    for (const reader of this.#readers)
      if (reader.node === undefined) await this.#openReader(reader);
    this.#connect();
    const writer = this.#writer as Engine;
    await writer.flush();
    // Of a directory that was put back another commit can stand at the same seq of the same log.
    const hash = writer.parts.replica.storage.stateHash();
    const isThere = ({ node }: Reader): boolean =>
      node?.seq === writer.seq && node.parts.replica.storage.stateHash() === hash;
    for (let round = 0; round < 400 && !this.#readers.every(isThere); round++) await this.#pass();
    for (const reader of this.#readers) {
      if (isThere(reader)) continue;
      const { name, node } = reader;
      const status = JSON.stringify((await node?.status())?.reader);
      this.faults.push(`${name} ends at seq ${node?.seq} of ${writer.seq}: ${status}`);
    }
    await this.#closeAll();
  }

  get #logId(): string {
    return hexOf((this.#writer as Engine).parts.log.logId);
  }

  #process(fs: MemoryFileSystem): MemoryEnv {
    this.#number++;
    return memoryEnv({
      seed: this.#options.seed * 64 + this.#number,
      crypto: CRYPTO,
      fileSystem: fs,
    });
  }

  async #openWriter(): Promise<void> {
    const env = this.#process(this.#near);
    this.#writerEnv = env;
    const durability = this.#random.chance(0.4) ? 'os' : 'always';
    const retention = this.#random.chance(0.3) ? { commits: 20 } : {};
    this.#writer = await openNode(env, { ...OPTIONS, durability, retention });
    this.#note();
  }

  /** What the writer has now, for readers to be held against. */
  #note(): void {
    const { parts, seq } = this.#writer as Engine;
    const hashes = this.#book.get(this.#logId) ?? new Map<number, string>();
    this.#book.set(this.#logId, hashes);
    hashes.set(seq, parts.replica.storage.stateHash());
    for (const other of hashes.keys()) if (other > seq) hashes.delete(other);
  }

  async #write(): Promise<void> {
    const count = 1 + this.#random.below(12);
    for (let index = 0; index < count && this.#writer !== undefined; index++) {
      const key = `key/${this.#random.below(30)}`;
      if (this.#random.chance(0.2)) await this.#writer.remove(key);
      else {
        const filler = 'x'.repeat(this.#random.below(900));
        await this.#writer.put(key, { step: this.story.length, index, filler });
      }
      this.#note();
    }
  }

  async #pass(): Promise<void> {
    await settle(2);
    const envs = new Set([this.#writerEnv, ...this.#readers.map(({ env }) => env)]);
    for (const env of envs) env?.timers.advance(150);
    await settle(2);
  }

  #connect(): void {
    const writer = this.#writer;
    if (writer === undefined) return;
    this.#remote.node = writer;
    const [near, far, chained] = this.#readers;
    if (near?.node !== undefined) this.#tell('near', writer);
    if (far?.node !== undefined && chained?.node !== undefined) this.#tell('chained', far.node);
  }

  #tell(name: string, writer: Engine): void {
    const watch = this.#watches.get(name);
    if (this.#options.lies !== true) return watch?.connect(writer);
    const { position } = writer.logFiles;
    watch?.listener?.told({ ...position, seq: writer.seq });
  }

  #disconnect(): void {
    this.#remote.cut();
    for (const watch of this.#watches.values()) watch.disconnect();
  }

  async #openReader(reader: Reader): Promise<void> {
    const env = this.#process(reader.name === 'near' ? this.#near : this.#far);
    reader.env = env;
    try {
      if (reader.name === 'far') {
        this.#remote.node = this.#writer;
        reader.node = (await openMirror(env, this.#remote, OPTIONS)).reader;
        return;
      }
      const place = reader.name === 'near' ? {} : { dataDir: CHAINED, follows: '/reader' };
      const opened = await openReader(env, OPTIONS, place);
      reader.node = opened.reader;
      this.#watches.set(reader.name, opened.watch);
    } catch (error) {
      const { code } = error as { code?: string };
      // Nothing to begin with yet: it is started again later.
      if (code !== 'not_initialized' && code !== 'unavailable') throw error;
      reader.env = undefined;
    }
  }

  async #restartReader(): Promise<void> {
    const reader = this.#readers[this.#random.below(this.#readers.length)] as Reader;
    // A state that takes its place meanwhile ends it.
    if (this.#random.chance(0.5)) await reader.node?.checkpoint().catch(() => {});
    await reader.node?.close();
    reader.node = undefined;
    await this.#openReader(reader);
  }

  async #restartWriter(): Promise<void> {
    await this.#stopWriter();
    await this.#pass();
    await this.#openWriter();
  }

  async #stopWriter(): Promise<void> {
    this.#disconnect();
    await settle(2);
    await this.#writer?.close();
    this.#writer = undefined;
    this.#writerEnv = undefined;
  }

  async #checkpoint(): Promise<void> {
    await this.#writer?.checkpoint();
  }

  /**
   * Every process of one machine is killed, which takes nothing from its disk, or both machines go
   * down with what was not synced.
   */
  async #crash(mode: 'kill' | 'torn'): Promise<void> {
    this.#disconnect();
    await settle(2);
    const isNear = this.#random.chance(0.5);
    if (mode === 'torn' || isNear) {
      this.#writerEnv?.timers.stop();
      this.#near = this.#near.crash({ mode, rng: this.#random });
    }
    if (mode === 'torn' || !isNear) this.#far = this.#far.crash({ mode, rng: this.#random });
    const killed = this.#readers.filter(
      ({ name }) => mode === 'torn' || (name === 'near') === isNear,
    );
    for (const reader of killed) {
      reader.env?.timers.stop();
      reader.node = undefined;
    }
    if (mode === 'torn' || isNear) await this.#openWriter();
    for (const reader of killed) await this.#openReader(reader);
  }

  async #copyDirectory(): Promise<void> {
    await this.#stopWriter();
    const files = filesIn(this.#near, NODE_DIRECTORY);
    await this.#openWriter();
    const hashes = new Map(this.#book.get(this.#logId));
    this.#copy = { files, hashes, log: this.#logId };
  }

  /** The copy takes the place of what is there: seqs are given a second time. */
  async #putBack(): Promise<void> {
    const copy = this.#copy;
    if (copy === undefined) return;
    await this.#stopWriter();
    removeTree(this.#process(this.#near), NODE_DIRECTORY);
    if (this.#random.chance(0.5)) await this.#pass();
    putFiles(this.#near, copy.files);
    this.#past.push(this.#book);
    this.#book = new Map([[copy.log, new Map(copy.hashes)]]);
    await this.#openWriter();
    for (let index = 0; index < 3; index++) await this.#write();
  }

  async #otherWorld(): Promise<void> {
    await this.#stopWriter();
    removeTree(this.#process(this.#near), NODE_DIRECTORY);
    if (this.#random.chance(0.5)) await this.#pass();
    this.#past.push(this.#book);
    this.#book = new Map();
    await this.#openWriter();
    await this.#write();
  }

  /** Books of logs that are gone: a reader may show one of them until it has noticed. */
  readonly #past: Book[] = [];

  #check(): void {
    for (const { name, node } of this.#readers) {
      if (node === undefined) continue;
      const { seq } = node;
      const { log, replica } = node.parts;
      const logId = hexOf(log.logId);
      const hash = replica.storage.stateHash();
      const books = [this.#book, ...this.#past];
      const isKnown = books.some((book) => book.get(logId)?.get(seq) === hash);
      if (!isKnown && seq > 0) this.faults.push(`${name} shows what nobody had at seq ${seq}`);
      const writer = this.#writer;
      const isOurs = writer !== undefined && logId === this.#logId && this.#past.length === 0;
      const durableSeq = writer?.parts.log.durableSeq ?? 0;
      if (isOurs && seq > durableSeq) {
        this.faults.push(`${name} shows seq ${seq}, durable is ${durableSeq}`);
      }
    }
  }

  async #closeAll(): Promise<void> {
    for (const { node } of this.#readers) await node?.close();
    await this.#writer?.close();
  }
}

function filesIn(fs: MemoryFileSystem, path: string): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  for (const name of fs.list(path)) {
    const each = `${path}/${name}`;
    if (fs.stat(each)?.kind === 'directory') {
      files.set(`${each}/`, new Uint8Array(0));
      for (const [inner, bytes] of filesIn(fs, each)) files.set(inner, bytes);
    } else files.set(each, fs.readAll(each));
  }
  return files;
}

function putFiles(fs: MemoryFileSystem, files: ReadonlyMap<string, Uint8Array>): void {
  fs.makeDirectory(NODE_DIRECTORY);
  for (const [path, bytes] of files) {
    if (path.endsWith('/')) {
      fs.makeDirectory(path.slice(0, -1));
      continue;
    }
    const file = fs.open(path, 'create');
    if (bytes.length > 0) file.write(bytes, 0, bytes.length, 0);
    file.sync();
    file.close();
  }
  for (const path of [...files.keys()].filter((each) => each.endsWith('/'))) {
    fs.syncDirectory(path.slice(0, -1));
  }
  fs.syncDirectory(NODE_DIRECTORY);
  fs.syncDirectory(`${NODE_DIRECTORY}/..`);
}
