/**
 * `adastra projections`: how each projection of the node stands.
 */
import { applicationOf, PROJECTIONS_OPTION } from '../application.ts';
import { cleanText } from '../clean-text.ts';
import type { CommandSpec } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { columns } from '../tables.ts';

/** `projections` */
export const projections: CommandSpec = {
  name: 'projections',
  about: 'the projections of the node: versions, states, errors',
  options: [PROJECTIONS_OPTION],
  examples: ['projections', 'projections --projections ./projections.mjs --json'],
  async run(call) {
    const { output, session } = call;
    const node = await session.open(await applicationOf(call));
    const list = await node.projections();
    if (output.json) {
      for (const projection of list) await output.object(projection);
    } else if (list.length === 0) {
      output.note('no projections; --projections names a module that has some');
    } else {
      const heads = ['name', 'version', 'seq', 'state', 'error'].map(output.colors.dim);
      const rows = list.map(({ name, version, seq, state, error }) => [
        name,
        String(version),
        String(seq),
        state,
        error === undefined ? '' : cleanText(error.message),
      ]);
      await output.line(columns([heads, ...rows]));
    }
    return EXIT.ok;
  },
};
