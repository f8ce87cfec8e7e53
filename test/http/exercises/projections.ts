/** Questions to the projection `sum` of test/http/live-node.ts. */
import type { Exercises } from '../exercise.ts';

const SUM = { params: { projection: 'sum' } };

export const projectionExercises: Exercises = {
  'GET /v1/query/{projection}': {
    good: { ...SUM, query: 'query=total&args=%7B%7D' },
    refused: {
      projection_unknown: { params: { projection: 'unheard' }, query: 'query=total' },
      projection_failed: { ...SUM, query: 'query=faulty' },
      invalid_value: { ...SUM, query: 'query=total&args=%7B%22%24date%22%3A1%7D' },
    },
    odd: [
      { ...SUM, query: 'query=unheard' },
      { ...SUM, query: 'query=total&args=%7B' },
      { ...SUM, query: '' },
    ],
  },
  'GET /v1/projections': { good: {} },
};
