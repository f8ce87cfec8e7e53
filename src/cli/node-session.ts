/**
 * The node that one run works on: opened when a command first needs it, kept while a prompt is
 * open, closed once. Where another process has the directory and serves it, it is that one's node,
 * through its socket; one that no longer answers is looked for again. Commands that need the
 * directory closed close the session; the next command opens it again. Only `openOrCreate` ever
 * makes a directory.
 */
import { AdastraError } from '../core/index.ts';
import type { Logger } from '../engine/index.ts';
import type {
  Application,
  NodeAccess,
  OpenedNode,
  OwnNode,
  OpenOptions,
  RunningNode,
} from './node-access.ts';
import type { Settings } from './settings.ts';

/** How a session opens its directory. */
export interface SessionOptions extends Settings {
  readonly readOnly: boolean;
  /** Hears what a node that is opened here does by itself. */
  readonly logger?: Logger;
}

/** At most one open node. Close it before the process ends. */
export class NodeSession {
  readonly access: NodeAccess;
  readonly options: SessionOptions;
  /** Awaited each time before the open node is closed: whoever serves it lets go first. */
  beforeClose: (() => Promise<void>) | undefined = undefined;
  #opening: Promise<OwnNode | RunningNode> | undefined;

  constructor(access: NodeAccess, options: SessionOptions) {
    this.access = access;
    this.options = options;
  }

  /** The directory, absolute. */
  get dataDir(): string {
    return this.options.dataDir;
  }

  /**
   * The node of an existing directory; `not_initialized`, `locked`, `log_damaged`, … `application`
   * is what it runs where it is opened here and now.
   */
  async open(application: Application = {}): Promise<OpenedNode> {
    await this.#forgetLost();
    this.#opening ??= this.#openExisting(application);
    try {
      return await this.#opening;
    } catch (error) {
      this.#opening = undefined;
      throw error;
    }
  }

  /**
   * The node in this process, never another's; `locked` where another process has it. `logger`
   * hears what it does by itself, and `application` is what it runs, unless it was open already.
   */
  async openHere(logger: Logger, application: Application = {}): Promise<OwnNode> {
    const open = await this.#opening?.catch(() => undefined);
    if (open !== undefined && !('running' in open)) return open;
    await this.close();
    if (this.options.readOnly) {
      throw new AdastraError('invalid_options', 'this command writes: leave --read-only away');
    }
    const opening = this.#openDirectory(logger, application);
    this.#opening = opening;
    await this.open();
    return opening;
  }

  /** The same as `open`, after making the directory where there is none; `onCreate` hears of it. */
  async openOrCreate(onCreate: (nodeId: string) => void): Promise<OpenedNode> {
    try {
      return await this.open();
    } catch (error) {
      const isMissing = AdastraError.is(error) && error.code === 'not_initialized';
      if (!isMissing || this.options.readOnly) throw error;
    }
    const { nodeId } = await this.access.init(this.dataDir, {});
    onCreate(nodeId);
    return this.open();
  }

  /** Closes the node if one is open; the session can open it again. */
  async close(): Promise<void> {
    const opening = this.#opening;
    this.#opening = undefined;
    const node = await opening?.catch(() => undefined);
    if (node === undefined) return;
    await this.beforeClose?.();
    await node.close();
  }

  async #forgetLost(): Promise<void> {
    const open = await this.#opening?.catch(() => undefined);
    if (open !== undefined && 'running' in open && open.isLost) await this.close();
  }

  async #openExisting(application: Application): Promise<OwnNode | RunningNode> {
    try {
      return await this.#openDirectory(this.options.logger, application);
    } catch (error) {
      // Of a read daemon's directory nobody else has the lock, or may take it.
      const isHeld =
        AdastraError.is(error) && (error.code === 'locked' || error.code === 'read_only');
      const running = isHeld ? await this.access.attach(this.dataDir) : undefined;
      if (running === undefined) throw error;
      return running;
    }
  }

  async #openDirectory(logger: Logger | undefined, application: Application): Promise<OwnNode> {
    const { dataDir, readOnly, durability } = this.options;
    const options: OpenOptions = {
      dataDir,
      ...application,
      ...(readOnly ? { readOnly } : {}),
      ...(durability === undefined ? {} : { durability }),
      ...(logger === undefined ? {} : { logger }),
    };
    try {
      return await this.access.open(options);
    } catch (error) {
      throw withHint(error, dataDir);
    }
  }
}

/** Says in this program's words what helps. */
function withHint(error: unknown, dataDir: string): unknown {
  if (!AdastraError.is(error)) return error;
  const hint = hintFor(error, dataDir);
  if (hint === undefined) return error;
  const { code, message, details, cause } = error;
  return new AdastraError(code, message, { hint, details, cause });
}

function hintFor(error: AdastraError, dataDir: string): string | undefined {
  if (error.code === 'not_initialized') {
    return `adastra init makes it; --data or ADASTRA_DATA names another directory than ${dataDir}`;
  }
  if (error.code === 'locked') {
    return 'wait for that process or stop it; --read-only reads beside it what it has made durable';
  }
  if (error.code === 'log_damaged' && error.hint === undefined) {
    return 'adastra log verify shows all of it; adastra log repair keeps what can be proved';
  }
  return undefined;
}
