/**
 * Makes the fixture of the present format: `npx vitest run test/compat -t make` with
 * ADASTRA_MAKE_FIXTURE set to an empty directory. Done once per format; old fixtures are never made
 * anew.
 */
import { it } from 'vitest';
import { makeFixture } from './fixture.ts';

export function makeIfAsked(): void {
  const target = process.env['ADASTRA_MAKE_FIXTURE'];
  if (target !== undefined) it('make', () => makeFixture(target));
}
