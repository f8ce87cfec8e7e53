import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type CliResult, jsonLines, runCli } from '../../../test/support/cli-run.ts';
import { clientAccess } from '../client-access.ts';

const MODULE = `
export const total = {
  name: 'total',
  version: 1,
  initial: () => ({ sum: 0 }),
  apply: (state, { value }) => {
    if (value === 'bad') throw new Error('a \\u001b[31mbad\\u001b[0m one');
    state.sum += value;
  },
  queries: { sum: ({ sum }) => sum, above: ({ sum }, least) => (sum > least ? { sum } : undefined) },
};
export const helper = 1;
`;

let folder: string;

function run(line: string): Promise<CliResult> {
  return runCli(clientAccess, [...line.split(' '), '--data', join(folder, 'data')], {
    cwd: folder,
  });
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'adastra-query-'));
  writeFileSync(join(folder, 'total.mjs'), MODULE);
  await run('init');
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('a projection of a module is asked and shown', async () => {
  await run('store put a 3');
  await run('store put b 4');
  const module = '--projections total.mjs';
  expect(await run(`query total sum ${module}`)).toMatchObject({ code: 0, out: '7\n' });
  expect((await run(`query total above 6 ${module} --json`)).out).toBe(
    '{"value":{"sum":7},"seq":3}\n',
  );
  expect(await run(`query total above 7 ${module}`)).toMatchObject({ code: 3, out: '' });
  expect(await run(`query total above 7 ${module} --json`)).toMatchObject({ out: '{"seq":3}\n' });
  expect(await run(`query total none ${module}`)).toMatchObject({ code: 3 });
  expect((await run(`projections ${module}`)).out).toMatch(/total +1 +3 +live/);
  await run('store put c bad');
  expect((await run(`projections ${module}`)).out).toContain('a \\u001b[31mbad');
  const [failed] = jsonLines((await run(`projections ${module} --json`)).out);
  expect(failed).toMatchObject({ name: 'total', state: 'failed', error: { seq: 4 }, seq: 3 });
  expect(await run(`query total sum ${module}`)).toMatchObject({ code: 1 });
});

test('status warns of a projection that stands still', async () => {
  const broken = {
    name: 'broken',
    version: 1,
    initial: () => 0,
    apply: () => {
      throw new Error('it broke');
    },
  };
  const data = ['--data', join(folder, 'data')];
  const withBroken: typeof clientAccess = {
    ...clientAccess,
    open: (options) => clientAccess.open({ ...options, projections: [broken] }),
  };
  expect((await runCli(withBroken, ['status', ...data])).out).not.toContain('warning');
  await run('store put a 1');
  const { out } = await runCli(withBroken, ['status', ...data]);
  expect(out).toContain('warning: projection broken stands at seq 2: Error: it broke');
});

test('a node without projections says so; a module without any is refused', async () => {
  expect((await run('projections')).err).toContain('no projections');
  const unknown = await run('query total sum');
  expect(unknown).toMatchObject({ code: 3 });
  expect(unknown.err).toContain('this node was opened without projections');
  writeFileSync(join(folder, 'none.mjs'), 'export const a = 1;');
  expect(await run('projections --projections none.mjs')).toMatchObject({ code: 2 });
});
