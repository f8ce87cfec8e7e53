/**
 * `npm start`: sets the clone up, then runs the tour (`src/cli/tour.ts`, `runTour(argv)`, which gives
 * the exit code). Everything that the tour does is in the package; this file only gets it there.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT, runScript, setup, SetupError } from './setup.mjs';

await runScript(async () => {
  setup();
  const path = join(ROOT, 'dist/cli/tour.js');
  if (!existsSync(path)) {
    throw new SetupError('dist/cli/tour.js is missing: src/cli/tour.ts is not in this clone.');
  }
  const { runTour } = await import(pathToFileURL(path).href);
  return runTour(process.argv.slice(2));
});
