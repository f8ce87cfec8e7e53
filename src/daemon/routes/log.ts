/**
 * The log as it lies on the disk, for read daemons: how far it is durable, and its bytes up to
 * there. It holds every key and value of the world, so it takes an admin.
 */
import { Type } from 'typebox';
import { AdastraError } from '../../core/index.ts';
import type { LogFiles } from '../../engine/index.ts';
import { positionStream } from '../position-stream.ts';
import { type Route, route } from '../route.ts';
import { LOG_DESCRIPTION, LOG_POSITION } from '../schemas/log.ts';
import { fields, TEXT, WHOLE } from '../schemas/shapes.ts';
import { seqOf, type Serving } from '../serving.ts';

const TAG = 'Log';

/** `log`, `log/tail`, `log/segments`, `log/checkpoints` */
export const logRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/v1/log',
    tag: TAG,
    summary: 'What there is of the log and its checkpoints as files, as far as it is durable.',
    access: 'admin',
    answers: [{ type: 'json', schema: LOG_DESCRIPTION }],
    errors: ['unavailable'],
    run: async ({ serving }) => filesOf(serving).describe(),
  }),
  route({
    method: 'GET',
    path: '/v1/log/tail',
    tag: TAG,
    summary: 'How far the log is durable, now and whenever that grows, until one side ends it.',
    access: 'admin',
    answers: [{ type: 'ndjson', schema: LOG_POSITION, failures: 'none' }],
    errors: ['unavailable'],
    run: async ({ serving, context }) => positionStream(context, serving, filesOf(serving)),
  }),
  route({
    method: 'GET',
    path: '/v1/log/segments/{number}',
    tag: TAG,
    summary:
      'Durable bytes of a segment from an offset on, at most 4 MiB; none if there are none yet.',
    access: 'admin',
    query: fields({ from: WHOLE, logId: Type.Optional(TEXT) }),
    answers: [{ type: 'bytes' }],
    errors: ['unavailable', 'reset', 'history_truncated'],
    run: async ({ serving, params, query: { logId, from } }) =>
      bytesAnswer(filesOf(serving).segment(seqOf(params['number']), from, logId)),
  }),
  route({
    method: 'GET',
    path: '/v1/log/checkpoints/{seq}',
    tag: TAG,
    summary: 'Bytes of a checkpoint from an offset on, at most 4 MiB.',
    access: 'admin',
    query: fields({ from: WHOLE }),
    answers: [{ type: 'bytes' }],
    errors: ['unavailable', 'history_truncated'],
    run: async ({ serving, params, query: { from } }) =>
      bytesAnswer(filesOf(serving).checkpoint(seqOf(params['seq']), from)),
  }),
];

function bytesAnswer(bytes: Uint8Array): Response {
  return new Response(bytes as Uint8Array<ArrayBuffer>, {
    headers: { 'content-type': 'application/octet-stream', 'cache-control': 'no-store' },
  });
}

function filesOf({ node }: Serving): LogFiles {
  if (node.logFiles !== undefined) return node.logFiles;
  throw new AdastraError('unavailable', 'the log of this node is not in this process', {
    hint: 'ask the node itself',
  });
}
