/**
 * What one server has in hand, told with the metrics of the process while it runs.
 */
import type { Server } from 'node:http';
import type { Admission } from './admission.ts';
import type { RequestMeter } from './request-meter.ts';

export interface LoadSource {
  /** Names the server among those of the process. */
  readonly name: string;
  readonly server: Server;
  readonly admission: Admission;
  readonly meter: RequestMeter;
}

/** Told until the returned function is called. */
export function tellLoad({ name, server, admission, meter }: LoadSource): () => void {
  const open = new Set<object>();
  server.on('connection', (socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  return meter.serve({
    name,
    read: () => {
      const { requests, streams, bodyBytes } = admission;
      return { connections: open.size, requests, streams, bodyBytes };
    },
  });
}
