/**
 * Projections in `NodeApi`'s contract: asked, described, and set aside.
 */
import type { Value } from '../core/index.ts';
import { type AnyProjection, defineProjection } from '../projections/index.ts';
import { checkEqual, checkRejects } from './contract-case.ts';
import { type NodeApiCase, shown, VALUES } from './node-api-case.ts';

/** What nodes under test are opened with: the sum of the numbers under `sum/`. */
export const contractProjections: readonly AnyProjection[] = [
  defineProjection({
    name: 'contract',
    version: 3,
    prefix: 'sum/',
    initial: () => ({ numbers: {} as Record<string, number> }),
    apply({ numbers }, { key, value }) {
      if (value === 'break') throw new Error('it broke');
      if (value === undefined) delete numbers[key];
      else numbers[key] = value as number;
    },
    queries: {
      sum: ({ numbers }) => Object.values(numbers).reduce((sum, one) => sum + one, 0),
      echo: (_, args: Value | undefined) => args,
    },
  }),
];

export const projections: NodeApiCase = {
  name: 'asks projections, and says how they stand',
  async run(api) {
    await api.put('sum/a', 2);
    const { seq } = await api.put('sum/b', 3);
    checkEqual(await api.query('contract', 'sum'), { value: 5, seq }, 'a query');
    for (const [index, value] of VALUES.entries()) {
      const { value: echoed } = await api.query('contract', 'echo', value);
      checkEqual(shown(echoed), shown(value), `value ${index} there and back`);
    }
    const nothing = await api.query('contract', 'echo');
    checkEqual([nothing.value, nothing.seq], [undefined, seq], 'an answer that is nothing');
    await checkRejects('projection_unknown', api.query('contract', 'none'));
    await checkRejects('projection_unknown', api.query('a/b?c', 'sum'));
    const [live] = await api.projections();
    const { name, version, state, error: none, tooLarge } = live ?? {};
    const stands = [name, version, state, live?.seq, none, tooLarge];
    checkEqual(stands, ['contract', 3, 'live', seq, undefined, false], 'how it stands');
    const broken = await api.put('sum/b', 'break');
    await checkRejects('projection_failed', api.query('contract', 'sum'));
    const error = { seq: broken.seq, message: 'Error: it broke' };
    const [status] = await api.projections();
    checkEqual([status?.state, status?.seq, status?.error], ['failed', seq, error], 'broken');
    checkEqual((await api.status()).projections.length, 1, 'projections in the status');
  },
};
