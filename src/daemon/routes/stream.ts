/**
 * Commits followed as they come, without end.
 */
import { Type } from 'typebox';
import { type Route, route } from '../route.ts';
import { COMMIT } from '../schemas/commits.ts';
import { FRESHNESS } from '../schemas/freshness.ts';
import { fields, WHOLE } from '../schemas/shapes.ts';
import { COMMIT_WISH, CommitFilter } from '../streaming/commit-filter.ts';
import { openStream } from '../streaming/open-stream.ts';

/** `stream` */
export const streamRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/v1/stream',
    tag: 'Commits',
    summary: 'Durable commits as they come, without end; goes on behind last-event-id.',
    access: 'read',
    scope: 'commits',
    headers: {
      'last-event-id': 'The id of the last event that the client had: goes on behind it.',
    },
    query: fields({ from: Type.Optional(WHOLE), ...COMMIT_WISH }),
    answers: [
      {
        type: 'events',
        schema: COMMIT,
        events: { fresh: FRESHNESS },
        failures: ['history_truncated', 'reset'],
      },
    ],
    errors: ['history_truncated', 'reset'],
    run: async ({ serving, context, caller, query: { from, ...wish } }) =>
      openStream(context, serving, { from, filter: new CommitFilter(wish, caller) }),
  }),
];
