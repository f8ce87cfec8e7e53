/**
 * What those ask who keep the process running: whether it lives, whether it can do its work, and
 * numbers for their monitoring.
 */
import { AdastraError } from '../../core/index.ts';
import { VERSION, watched } from '../../engine/index.ts';
import { EXPOSITION_TYPE, expositionOf, type Family, single } from '../metrics/exposition.ts';
import { freshnessFamilies, nodeFamilies } from '../metrics/node-families.ts';
import { peerFamilies } from '../metrics/peer-families.ts';
import { processFamilies } from '../metrics/process-families.ts';
import { projectionFamilies } from '../metrics/projection-families.ts';
import { serverFamilies } from '../metrics/server-families.ts';
import { PROBLEM_TYPE, problemOf } from '../problem.ts';
import { type Route, route } from '../route.ts';
import { fields, FLAG } from '../schemas/shapes.ts';
import type { Serving } from '../serving.ts';

const TAG = 'Operations';
/** Whoever asks sends its requests elsewhere then. */
const NOT_READY = 503;

/** `healthz`, `readyz`, `metrics` */
export const operateRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/healthz',
    tag: TAG,
    summary: 'The process is alive and answers; nothing is said of its node.',
    access: 'open',
    answers: [{ type: 'json', schema: fields({ alive: FLAG }) }],
    run: async () => ({ alive: true }),
  }),
  route({
    method: 'GET',
    path: '/readyz',
    tag: TAG,
    summary: 'The node can do its work: a writer takes writes, a reader has a state; else 503.',
    access: 'open',
    answers: [{ type: 'json', schema: fields({ ready: FLAG }) }],
    errors: [
      'closed',
      'joining',
      'not_yet',
      'latched',
      'log_damaged',
      'disk_full',
      'io_error',
      'read_only',
    ],
    errorStatus: NOT_READY,
    run: async ({ serving }) => {
      const error = notReadyError(serving);
      if (error === undefined) return { ready: true };
      const body = JSON.stringify(problemOf(error, NOT_READY));
      const headers = { 'content-type': PROBLEM_TYPE, 'retry-after': '1' };
      return new Response(body, { status: NOT_READY, headers });
    },
  }),
  route({
    method: 'GET',
    path: '/metrics',
    tag: TAG,
    summary: 'Numbers of node and process, in the text format of Prometheus.',
    access: 'read',
    answers: [{ type: 'text' }],
    run: async ({ serving }) =>
      new Response(expositionOf(await familiesOf(serving)), {
        headers: { 'content-type': EXPOSITION_TYPE },
      }),
  }),
];

function notReadyError({ node, stopping }: Serving): AdastraError | undefined {
  if (stopping.aborted) return new AdastraError('closed', 'the node stops');
  const found = watched(node)?.notReady();
  return found && new AdastraError(found.code, found.reason);
}

async function familiesOf(serving: Serving): Promise<readonly Family[]> {
  const { node, meter } = serving;
  const isReady = notReadyError(serving) === undefined ? 1 : 0;
  const meters = watched(node)?.meters();
  return [
    ...processFamilies(VERSION),
    single('gauge', 'adastra_ready', 'Whether /readyz says so.', isReady),
    ...freshnessFamilies(await node.freshness()),
    ...(meters === undefined ? [] : [...nodeFamilies(meters), ...peerFamilies(meters)]),
    ...projectionFamilies(await node.projections()),
    ...serverFamilies(meter),
  ];
}
