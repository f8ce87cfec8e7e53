/** The node and its process. */
import { dirname } from 'node:path';
import type { Exercises } from '../exercise.ts';

export const nodeExercises: Exercises = {
  'GET /v1/status': { good: {} },
  'GET /v1/node': { good: {} },
  'POST /v1/node/refresh': { good: { body: {} } },
  'GET /v1/hashes': { good: {} },
  'GET /v1/freshness': { good: {} },
  'POST /v1/checkpoint': { good: { body: {} } },
  'POST /v1/backup': {
    good: ({ folder }) => ({ body: { directory: folder } }),
    refused: {
      already_exists: ({ folder }) => ({ body: { directory: dirname(folder) } }),
      not_a_directory: { body: { directory: '/dev/null/nowhere' } },
    },
    odd: [{ body: { directory: 'not/absolute' } }],
  },
  'POST /v1/verify': { good: { body: {} } },
  'POST /v1/flush': { good: { body: {} } },
  'GET /v1/daemon': { good: {} },
  'POST /v1/stop': { good: { body: {} } },
  'GET /openapi.json': { good: {} },
};
