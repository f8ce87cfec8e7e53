/**
 * The JSON body of a request, read with a limit that holds before anything is kept: a body that
 * announces more is refused unread, one that grows beyond is cut off. Its bytes stay counted until
 * the request is answered.
 */
import type { HttpBindings } from '@hono/node-server';
import { AdastraError } from '../core/index.ts';
import type { Admission } from './admission.ts';

/**
 * The parsed body, `{}` where there is none; `invalid_argument`, `limit_exceeded`, `overloaded`.
 */
export async function readBody(
  { incoming, outgoing }: HttpBindings,
  admission: Admission,
): Promise<unknown> {
  const announced = Number(incoming.headers['content-length'] ?? 0);
  const isChunked = incoming.headers['transfer-encoding'] !== undefined;
  if (announced === 0 && !isChunked) return {};
  checkType(incoming.headers['content-type']);
  const { bodyBytesMax } = admission.limits;
  if (announced > bodyBytesMax) throw tooLong(outgoing, bodyBytesMax);
  let counted = 0;
  outgoing.once('close', () => admission.leaveBody(counted));
  const blocks: Buffer[] = [];
  for await (const block of incoming as AsyncIterable<Buffer>) {
    if (counted + block.length > bodyBytesMax) throw tooLong(outgoing, bodyBytesMax);
    admission.addBody(block.length);
    counted += block.length;
    blocks.push(block);
  }
  return parse(Buffer.concat(blocks));
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new AdastraError('invalid_argument', `the body is not JSON: ${reason}`);
  }
}

function checkType(type: string | undefined): void {
  if (/^application\/json\s*(?:;|$)/i.test(type ?? '')) return;
  throw new AdastraError('invalid_argument', 'a body must be application/json', {
    details: { contentType: type ?? '' },
  });
}

function tooLong(outgoing: HttpBindings['outgoing'], limit: number): AdastraError {
  // What is still on its way is not worth reading: the connection ends behind the answer.
  outgoing.setHeader('connection', 'close');
  return new AdastraError('limit_exceeded', `the body is longer than ${limit} bytes`, {
    details: { limitName: 'bodyBytesMax', limit },
  });
}
