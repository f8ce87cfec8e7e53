/**
 * A vitest reporter that counts tests and writes the figures as JSON to the file named by
 * ADASTRA_COUNT_FILE. A file that could not be loaded and an error outside any test count as one
 * failure each, so that the figures never look green when the run is not.
 */
import { writeFileSync } from 'node:fs';

/** What `skipFor` (test/support/skip.ts) puts before the command that installs what is missing. */
const NEEDS = 'needs: ';

export default class CountReporter {
  onTestRunEnd(modules, unhandledErrors) {
    const count = { passed: 0, failed: unhandledErrors.length, skipped: [] };
    for (const module of modules) countModule(module, count);
    const path = process.env.ADASTRA_COUNT_FILE;
    if (path !== undefined) writeFileSync(path, JSON.stringify(count));
  }
}

function countModule(module, count) {
  const failedBefore = count.failed;
  for (const test of module.children.allTests()) countTest(test, count);
  // A hook or the file itself failed, though no test of it did.
  if (module.state() === 'failed' && count.failed === failedBefore) count.failed += 1;
}

function countTest(test, count) {
  const result = test.result();
  if (result.state === 'passed') count.passed += 1;
  else if (result.state === 'failed') count.failed += 1;
  else count.skipped.push({ name: test.fullName, command: commandOf(result.note) });
}

function commandOf(note) {
  return note?.startsWith(NEEDS) ? note.slice(NEEDS.length) : undefined;
}
