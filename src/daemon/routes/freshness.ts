/**
 * How fresh this node's answers are.
 */
import { type Route, route } from '../route.ts';
import { FRESHNESS } from '../schemas/freshness.ts';

/** `freshness` */
export const freshnessRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/v1/freshness',
    tag: 'Node',
    summary: 'What this node has applied, and how it stands to where its commits come from.',
    access: 'read',
    scope: 'any',
    answers: [{ type: 'json', schema: FRESHNESS }],
    run: async ({ serving }) => serving.node.freshness(),
  }),
];
