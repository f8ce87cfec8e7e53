/**
 * `adastra query`: asks a projection. Stdout is the answer as JSON; where there is none it is empty
 * and the exit code 3.
 */
import { jsonOf, type Value } from '../../core/index.ts';
import { applicationOf, PROJECTIONS_OPTION } from '../application.ts';
import { cleanLines } from '../clean-text.ts';
import { type CommandSpec, wanted } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { typedValue } from '../typed-value.ts';

/** `query` */
export const query: CommandSpec = {
  name: 'query',
  about: 'ask a projection of the node',
  arguments: [
    { name: '<projection>', about: 'its name' },
    { name: '<query>', about: 'one of its queries' },
    { name: '[args]', about: 'what the query takes, as JSON' },
  ],
  options: [PROJECTIONS_OPTION],
  examples: [
    'query totals total --projections ./projections.mjs',
    `query by-customer range '{"equal":["ada"]}' --projections ./projections.mjs`,
  ],
  async run(call) {
    const { args, output, session } = call;
    const given = args[2] === undefined ? undefined : typedValue(args[2]);
    const node = await session.open(await applicationOf(call));
    const { value, seq } = await node.query(wanted(call, 0), wanted(call, 1), given);
    if (value === undefined && !output.json) output.note(`no answer at seq ${seq}`);
    else
      await output.result(answer(value, seq), () =>
        cleanLines(JSON.stringify(jsonOf(value ?? null))),
      );
    return value === undefined ? EXIT.notFound : EXIT.ok;
  },
};

function answer(value: Value | undefined, seq: number): object {
  return value === undefined ? { seq } : { value: jsonOf(value), seq };
}
