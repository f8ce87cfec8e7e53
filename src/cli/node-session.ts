/**
 * The node that one run works on: opened when a command first needs it, kept while a prompt is
 * open, closed once. Commands that need the directory closed close the session; the next command
 * opens it again. Only `openOrCreate` ever makes a directory.
 */
import { AdastraError } from '../core/index.ts';
import type { NodeAccess, OpenedNode, OpenOptions } from './node-access.ts';
import type { Settings } from './settings.ts';

/** How a session opens its directory. */
export interface SessionOptions extends Settings {
  readonly readOnly: boolean;
}

/** At most one open node. Close it before the process ends. */
export class NodeSession {
  readonly access: NodeAccess;
  readonly options: SessionOptions;
  #opening: Promise<OpenedNode> | undefined;

  constructor(access: NodeAccess, options: SessionOptions) {
    this.access = access;
    this.options = options;
  }

  /** The directory, absolute. */
  get dataDir(): string {
    return this.options.dataDir;
  }

  /** The node of an existing directory; `not_initialized`, `locked`, `log_damaged`, … */
  async open(): Promise<OpenedNode> {
    this.#opening ??= this.#openExisting();
    try {
      return await this.#opening;
    } catch (error) {
      this.#opening = undefined;
      throw error;
    }
  }

  /** The same, after making the directory where there is none; `onCreate` hears of it. */
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
    await node?.close();
  }

  async #openExisting(): Promise<OpenedNode> {
    const { dataDir, readOnly, durability } = this.options;
    const options: OpenOptions = {
      dataDir,
      ...(readOnly ? { readOnly } : {}),
      ...(durability === undefined ? {} : { durability }),
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
