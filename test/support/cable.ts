/**
 * The cables between nodes on one machine, which have no cable that could be pulled: a TCP proxy for
 * each direction of each pair, and a switch for the pair. It carries bytes as they are: what is
 * inside is the real TLS of the nodes. A stalled cable takes connections and holds every byte, so
 * both ends go on believing in it; a cut one resets what there is and whatever comes.
 */
import { createServer, connect, type Server, type Socket } from 'node:net';

/** `oneWay`: bytes from the one who dialled pass, those of the other are held. */
export type CableState = 'up' | 'stalled' | 'oneWay' | 'cut';

export interface CableCount {
  connections: number;
  bytes: number;
}

interface Carried {
  readonly dialled: Socket;
  readonly target: Socket;
}

/** The cable of one pair of nodes. */
export class Cable {
  readonly count: CableCount = { connections: 0, bytes: 0 };
  readonly #carried = new Set<Carried>();
  readonly #servers = new Map<string, Server>();
  #state: CableState = 'up';

  get state(): CableState {
    return this.#state;
  }

  /** Carries what is dialled at `host`:`port` to 127.0.0.1:`port`; `end` names it to `unplug`. */
  async plug(end: string, host: string, port: number): Promise<void> {
    const server = createServer({ pauseOnConnect: true }, (socket) => this.#carry(socket, port));
    this.#servers.set(end, server);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, resolve);
    });
  }

  /** The node behind this end is gone. */
  unplug(end: string): void {
    this.#servers.get(end)?.close();
    this.#servers.delete(end);
  }

  set(state: CableState): void {
    this.#state = state;
    for (const carried of this.#carried) this.#apply(carried);
  }

  close(): void {
    this.set('cut');
    for (const end of [...this.#servers.keys()]) this.unplug(end);
  }

  #carry(dialled: Socket, port: number): void {
    this.count.connections++;
    const target = connect({ port, host: '127.0.0.1' });
    const carried = { dialled, target };
    this.#carried.add(carried);
    this.#pipe(carried, dialled, target);
    this.#pipe(carried, target, dialled);
    for (const socket of [dialled, target]) {
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.#carried.delete(carried);
        dialled.destroy();
        target.destroy();
      });
    }
    this.#apply(carried);
  }

  #pipe(carried: Carried, from: Socket, to: Socket): void {
    from.on('data', (bytes: Buffer) => {
      this.count.bytes += bytes.length;
      if (!to.write(bytes)) from.pause();
    });
    to.on('drain', () => this.#apply(carried));
    from.on('end', () => to.end());
  }

  #apply({ dialled, target }: Carried): void {
    if (this.#state === 'cut') {
      dialled.resetAndDestroy();
      target.resetAndDestroy();
      return;
    }
    if (this.#state === 'stalled') dialled.pause();
    else dialled.resume();
    if (this.#state === 'up') target.resume();
    else target.pause();
  }
}
