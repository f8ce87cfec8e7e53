/**
 * A conflict policy gives the same on two majors of Node: the digest of the testing kit, computed by
 * the built package under each. The newer one comes from npm (`node@22`); where it is neither cached
 * nor to be had, the test is skipped.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { NEWER_NODE_COMMAND, newerNode } from '../support/newer-node.ts';
import { ROOT } from '../support/repository.ts';
import { skipFor } from '../support/skip.ts';

const KIT = join(ROOT, 'dist/testing/index.js');

/** Texts are ordered by code unit and numbers written by the engine: both may differ in theory. */
function digestUnder(node: string, decide: string): string {
  const script = `
    import { policyDigest } from ${JSON.stringify(KIT)};
    const put = (value) => ({ kind: 'put', value });
    const samples = [
      [put([0.1 + 0.2, 1e300, 5e-324, -0]), put([2 ** 53, 'ä\u{1F600}'])],
      [put({ b: new Date(5), a: 12n ** 40n }), { kind: 'remove' }],
    ];
    const decide = ${decide};
    console.log(policyDigest({ name: 'tried', version: 1, decide }, samples));`;
  const argv = ['--input-type=module', '-e', script];
  const { status, stdout, stderr } = spawnSync(node, argv, { encoding: 'utf8' });
  expect(status, stderr).toBe(0);
  return stdout.trim();
}

test('a policy gives the same on two majors of Node, and one that looks at it does not', (context) => {
  const newer = newerNode() ?? skipFor(context, NEWER_NODE_COMMAND);
  const both = (decide: string): string[] =>
    [process.execPath, newer].map((node) => digestUnder(node, decide));
  const [here, there] = both('(siblings) => ({ value: siblings.map((one) => one.value ?? null) })');
  expect(here).toMatch(/^2-\d+-[0-9a-f]{8}$/);
  expect(there).toBe(here);
  const [one, other] = both('() => ({ value: process.version })');
  expect(other).not.toBe(one);
});
