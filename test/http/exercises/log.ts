/** The log as files. */
import type { Exercises } from '../exercise.ts';

export const logExercises: Exercises = {
  'GET /v1/log': { good: {} },
  'GET /v1/log/tail': { good: { until: '\n' } },
  'GET /v1/log/segments/{number}': {
    good: { params: { number: '1' }, query: 'from=0' },
    refused: {
      reset: { params: { number: '1' }, query: 'from=0&logId=0123' },
      history_truncated: { params: { number: '99' }, query: 'from=0' },
    },
    odd: [{ params: { number: '1' }, query: 'from=999999999' }],
  },
  'GET /v1/log/checkpoints/{seq}': {
    before: (node) => node.checkpoint(),
    good: ({ head }) => ({ params: { seq: String(head) }, query: 'from=0' }),
    refused: { history_truncated: { params: { seq: '99' }, query: 'from=0' } },
  },
};
