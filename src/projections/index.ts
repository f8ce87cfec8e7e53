/**
 * Projections: states of the application's own, folded from the log as it is published, with
 * queries that see one seq. The face of this folder.
 */
export { type Answer, sameAnswer, valueOfAnswer } from './answer.ts';
export {
  defineIndex,
  type IndexDefinition,
  type IndexDuplicate,
  type IndexEntry,
  type IndexProjection,
} from './define-index.ts';
export type { FoldCommit, FoldEntry } from './fold-commit.ts';
export type { IndexRange } from './index-range.ts';
export {
  type AnyProjection,
  defineProjection,
  type ProjectionDefinition,
  type ProjectionEvent,
  type Queries,
} from './projection.ts';
export {
  ProjectionHost,
  type ProjectionStart,
  type ProjectionStatus,
  type QueryAnswer,
} from './projection-host.ts';
