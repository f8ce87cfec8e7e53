/** Every exercise, by its route. A new route needs one here: test/http/exercise.ts says what. */
import type { Exercise, Exercises } from '../exercise.ts';
import { commitExercises } from './commits.ts';
import { entryExercises } from './entries.ts';
import { logExercises } from './log.ts';
import { nodeExercises } from './node.ts';
import { operateExercises } from './operate.ts';
import { peerExercises } from './peers.ts';
import { projectionExercises } from './projections.ts';
import { syncExercises } from './sync.ts';
import { tokenExercises } from './tokens.ts';

export const EXERCISES: Exercises = {
  ...entryExercises,
  ...commitExercises,
  ...logExercises,
  ...nodeExercises,
  ...operateExercises,
  ...peerExercises,
  ...syncExercises,
  ...tokenExercises,
  ...projectionExercises,
};

/** The exercise of a route; throws where there is none. */
export function exerciseOf(route: string): Exercise {
  const exercise = EXERCISES[route];
  if (exercise !== undefined) return exercise;
  throw new Error(`${route} has no exercise: add one to the lists in test/http/exercises/`);
}
