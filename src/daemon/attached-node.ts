/**
 * A node that another process has open, behind its local socket, and what is known of that process.
 */
import { AdastraError } from '../core/index.ts';
import type { RecoveryReport } from '../engine/index.ts';
import { RemoteNode, target } from '../remote/index.ts';
import type { NodeFile } from './node-file.ts';
import type { SocketClient } from './socket-client.ts';

/** `NodeApi` over the socket. */
export class AttachedNode extends RemoteNode {
  declare protected readonly connection: SocketClient;
  /** What the running node says of its process. */
  readonly running: NodeFile;
  /** What that node's opening found. */
  readonly recovery: RecoveryReport;

  /** `attachTo` makes it. */
  constructor(client: SocketClient, running: NodeFile, recovery: RecoveryReport) {
    super(client);
    this.running = running;
    this.recovery = recovery;
  }

  /** Whether the node did not answer the last time: it may have stopped, or be another one now. */
  get isLost(): boolean {
    return this.connection.isLost;
  }

  /** Why the node cannot do its work now; `undefined`: it can. */
  async whyNotReady(): Promise<AdastraError | undefined> {
    try {
      await this.connection.call({ method: 'GET', path: '/readyz' });
      return undefined;
    } catch (error) {
      if (AdastraError.is(error)) return error;
      throw error;
    }
  }

  /** Asks the process to stop, as a signal would; it answers before it does. */
  async stop(): Promise<void> {
    await this.act(target`/v1/stop`, {});
  }
}
