/**
 * What is told of the application's projections: how far each is, and which stands still.
 */
import type { ProjectionStatus } from '../../engine/index.ts';
import type { Family } from './exposition.ts';

export function projectionFamilies(projections: readonly ProjectionStatus[]): Family[] {
  const byName = (
    name: string,
    help: string,
    valueOf: (status: ProjectionStatus) => number | undefined,
  ): Family => {
    const samples = projections.flatMap((status) => {
      const value = valueOf(status);
      return value === undefined ? [] : [{ labels: { projection: status.name }, value }];
    });
    return { type: 'gauge', name, help, samples };
  };
  return [
    byName('adastra_projection_seq', 'The last commit that it shows.', ({ seq }) => seq),
    byName('adastra_projection_failed', 'Whether it stands still.', ({ state }) =>
      state === 'failed' ? 1 : 0,
    ),
    byName('adastra_projection_bytes', 'Its state in the last checkpoint.', ({ bytes }) => bytes),
  ];
}
