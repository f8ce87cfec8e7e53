/** Health, readiness, numbers. */
import type { Exercises } from '../exercise.ts';

export const operateExercises: Exercises = {
  'GET /healthz': { good: {} },
  'GET /readyz': { good: {} },
  'GET /metrics': { good: {} },
};
