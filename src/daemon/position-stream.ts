/**
 * How far the log of a node is durable, told as long as somebody listens: a line of JSON whenever
 * that grows, and now and then when it does not. Who takes its lines slowly gets fewer, never a
 * queue of them: only the newest counts.
 */
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { type LogFiles, POSITION_EVERY_MS } from '../engine/index.ts';
import type { Serving, SocketContext } from './serving.ts';

/** Answers with the position now and from now on, until the reader goes or the server stops. */
export function positionStream(
  { env: { outgoing } }: SocketContext,
  { admission, stopping }: Serving,
  files: LogFiles,
): Response {
  const leave = admission.enterStream();
  const tell = (): void => {
    if (!outgoing.writableNeedDrain) outgoing.write(`${JSON.stringify(files.position)}\n`);
  };
  const stop = (): void => void outgoing.end();
  const end = files.listen(tell);
  const heartbeat = setInterval(tell, POSITION_EVERY_MS);
  outgoing.on('drain', tell);
  outgoing.once('close', () => {
    end();
    clearInterval(heartbeat);
    outgoing.off('drain', tell);
    stopping.removeEventListener('abort', stop);
    leave();
  });
  stopping.addEventListener('abort', stop, { once: true });
  outgoing.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' });
  tell();
  if (stopping.aborted) stop();
  return RESPONSE_ALREADY_SENT;
}
