/**
 * The process that serves: which one it is, and the wish that it stop.
 */
import { AdastraError } from '../../core/index.ts';
import { type Route, route } from '../route.ts';
import { DAEMON } from '../schemas/daemon.ts';
import { fields, FLAG } from '../schemas/shapes.ts';

const TAG = 'Daemon';

/** `daemon`, `stop` */
export const daemonRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/v1/daemon',
    tag: TAG,
    summary: 'The process that serves this node.',
    access: 'admin',
    answers: [{ type: 'json', schema: DAEMON }],
    run: async ({ serving }) => serving.facts(),
  }),
  route({
    method: 'POST',
    path: '/v1/stop',
    tag: TAG,
    summary: 'Asks the process to stop; the answer goes before it does.',
    access: 'local',
    answers: [{ type: 'json', status: 202, schema: fields({ stopping: FLAG }) }],
    errors: ['unavailable'],
    run: async ({ serving: { stop }, context }) => {
      if (stop === undefined) {
        const message = 'the process that has this node open cannot be stopped';
        const hint = 'it is no adastra start; end it where it runs';
        throw new AdastraError('unavailable', message, { hint });
      }
      // The answer goes first: stopping ends the connection that it travels on.
      context.env.outgoing.once('close', () => stop());
      return { stopping: true };
    },
  }),
];
