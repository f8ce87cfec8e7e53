/**
 * The log as it lies on the disk, for read daemons: how far it is durable, and its bytes up to
 * there. It holds every key and value of the world, so it takes an admin.
 */
import { AdastraError } from '../../core/index.ts';
import type { LogFiles } from '../../engine/index.ts';
import { positionStream } from '../position-stream.ts';
import { type Route, route } from '../route.ts';
import { LOG_POSITION } from '../schemas/log.ts';
import type { Serving } from '../serving.ts';

const TAG = 'Log';

/** `log` */
export const logRoutes: readonly Route[] = [
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
];

function filesOf({ node }: Serving): LogFiles {
  if (node.logFiles !== undefined) return node.logFiles;
  throw new AdastraError('unavailable', 'the log of this node is not in this process', {
    hint: 'ask the node itself',
  });
}
