/** The log as files. */
import type { Exercises } from '../exercise.ts';

export const logExercises: Exercises = {
  'GET /v1/log/tail': { good: { until: '\n' } },
};
