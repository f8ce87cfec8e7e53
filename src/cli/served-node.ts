/**
 * The node of a session, up for others as long as the session has it open: other nodes of this
 * machine reach it on loopback, other commands through the local socket. A command that needs the
 * directory closed takes all of it down with the node; `serve` brings it back, on the same port.
 * What cannot start is a warning.
 */
import { AdastraError } from '../core/index.ts';
import type { NodeServer } from '../daemon/index.ts';
import type { Logger } from '../engine/index.ts';
import type { OwnNode } from './node-access.ts';
import type { NodeSession } from './node-session.ts';
import { addressOf } from './peer-text.ts';
import { startParts, stopParts } from './running-parts.ts';

const HOST = '127.0.0.1';

/** What it tells, and whom it asks. */
export interface ServedNodeOptions {
  readonly log: Logger;
  /** A command asks the process to stop. */
  readonly onStop: () => void;
}

/** At most one server and one listener. Closing the session takes both down. */
export class ServedNode {
  readonly #session: NodeSession;
  readonly #options: ServedNodeOptions;
  #isUp = false;
  #port = 0;
  #address: string | undefined;

  constructor(session: NodeSession, options: ServedNodeOptions) {
    this.#session = session;
    this.#options = options;
  }

  /** Where other nodes reach it, as `host:port`; `undefined` where it does not listen. */
  get address(): string | undefined {
    return this.#address;
  }

  /** Opens the node where it is not, and brings up what is down. Throws as opening does. */
  async serve(): Promise<void> {
    if (this.#isUp) return;
    const session = this.#session;
    const { log } = this.#options;
    const node = await session.openHere(log);
    const server = await this.#openSocket(node);
    session.beforeClose = async () => {
      session.beforeClose = undefined;
      this.#isUp = false;
      await stopParts(node, server, log);
    };
    this.#isUp = true;
    const transport = { host: HOST, port: this.#port };
    await startParts(node, { transport, requiresTransport: false, discovery: {} }, log);
    const status = await node.status();
    this.#address = addressOf(status.transport);
    this.#port = status.transport.port ?? this.#port;
    server?.announce(this.#address);
  }

  async #openSocket(node: OwnNode): Promise<NodeServer | undefined> {
    const { log, onStop } = this.#options;
    const { access, dataDir } = this.#session;
    try {
      return await access.serve(node, { dataDir, onStop, logger: log });
    } catch (error) {
      if (!AdastraError.is(error)) throw error;
      log.warn(`commands in other terminals cannot reach this node: ${error.message}`);
      return undefined;
    }
  }
}
