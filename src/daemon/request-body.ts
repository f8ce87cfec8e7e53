/**
 * The JSON body of a request, read with a limit that holds before anything is kept: a body that
 * announces more is refused unread, one that grows beyond is cut off. Its bytes stay counted until
 * the request is answered.
 */
import type { HttpBindings } from '@hono/node-server';
import type { IncomingMessage } from 'node:http';
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
  await readTo(incoming, (block) => {
    if (counted + block.length > bodyBytesMax) throw tooLong(outgoing, bodyBytesMax);
    admission.addBody(block.length);
    counted += block.length;
    blocks.push(block);
  });
  const body = Buffer.concat(blocks);
  checkDepth(body, admission.limits.bodyDepthMax);
  return parse(body);
}

/**
 * Gives blocks to `take` up to the end or up to its throw; what comes then stays unread. (An
 * iterator left early would end the connection that the answer is to take.)
 */
function readTo(incoming: IncomingMessage, take: (block: Buffer) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      incoming.off('data', onData).off('end', onEnd).off('error', onBroken).off('close', onBroken);
    };
    const onData = (block: Buffer): void => {
      try {
        take(block);
      } catch (error) {
        leave();
        incoming.pause();
        reject(error);
      }
    };
    const onEnd = (): void => {
      leave();
      resolve();
    };
    const onBroken = (cause?: unknown): void => {
      leave();
      reject(new AdastraError('aborted', 'the body broke off before its end', { cause }));
    };
    incoming.on('data', onData).on('end', onEnd).on('error', onBroken).on('close', onBroken);
    if (incoming.destroyed) onBroken();
  });
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Before anything is built of it: a few bytes could stand for millions of nested lists. */
function checkDepth(body: Uint8Array, depthMax: number): void {
  // Each level takes two.
  if (body.length <= depthMax * 2) return;
  let depth = 0;
  let isText = false;
  for (let index = 0; index < body.length; index++) {
    const byte = body[index] as number;
    if (isText) {
      if (byte === BACKSLASH) index++;
      else if (byte === QUOTE) isText = false;
    } else if (byte === QUOTE) isText = true;
    else if (byte === 0x5b || byte === 0x7b) depth++;
    else if (byte === 0x5d || byte === 0x7d) depth--;
    if (depth > depthMax) throw tooDeep(depthMax);
  }
}

function tooDeep(limit: number): AdastraError {
  return new AdastraError('limit_exceeded', `the body is nested deeper than ${limit} levels`, {
    details: { limitName: 'bodyDepthMax', limit },
  });
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
