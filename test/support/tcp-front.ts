/**
 * A TCP port on loopback in front of a Unix socket, byte for byte: what a network is to a program.
 * It can cut its connections, all at once or each where it is told to.
 */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** Where one connection breaks: behind so many bytes of one direction; by a reset or just closed. */
export interface Cut {
  readonly direction: 'request' | 'answer';
  readonly afterBytes: number;
  readonly isReset: boolean;
}

export interface TcpFront {
  readonly url: string;
  /** How many connections were made. */
  readonly connections: number;
  /** How many of them were broken. */
  readonly cuts: number;
  /** Breaks every connection there is. */
  cutAll(): void;
}

/** Closed when the test ends. `plan` says for each new connection where it breaks, if at all. */
export async function openFront(
  socketPath: string,
  plan: (index: number) => Cut | undefined = () => undefined,
): Promise<TcpFront> {
  const open = new Set<Socket>();
  let connections = 0;
  let cuts = 0;
  const server = createServer({ noDelay: true }, (client) => {
    const target = connect(socketPath);
    const cut = plan(connections++);
    const breakOff = (): void => {
      cuts += 1;
      if (cut?.isReset === true) client.resetAndDestroy();
      else client.destroy();
      target.destroy();
    };
    open.add(client);
    client.on('close', () => {
      open.delete(client);
      target.destroy();
    });
    target.on('close', () => client.destroy());
    for (const socket of [client, target]) socket.on('error', () => socket.destroy());
    forward(client, target, cut?.direction === 'request' ? cut.afterBytes : undefined, breakOff);
    forward(target, client, cut?.direction === 'answer' ? cut.afterBytes : undefined, breakOff);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const cutAll = (): void => {
    cuts += open.size;
    for (const socket of open) socket.destroy();
  };
  onTestFinished(() => {
    server.close();
    cutAll();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get connections() {
      return connections;
    },
    get cuts() {
      return cuts;
    },
    cutAll,
  };
}

function forward(from: Socket, to: Socket, limit: number | undefined, breakOff: () => void): void {
  let passed = 0;
  from.on('data', (bytes) => {
    const left = limit === undefined ? bytes.length : limit - passed;
    if (left > 0) to.write(bytes.subarray(0, left));
    passed += bytes.length;
    if (limit !== undefined && passed >= limit) breakOff();
  });
}
