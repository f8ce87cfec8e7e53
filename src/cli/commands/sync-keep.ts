/**
 * `adastra sync keep ORIGIN SEQ DIGEST`: names the branch of a forked origin that stays, for all
 * nodes and for good. Who holds the other one takes a snapshot and authors its own commits again.
 */
import { type CommandSpec, wanted } from '../command.ts';
import { EXIT } from '../exit-codes.ts';

/** `sync keep ORIGIN SEQ DIGEST` */
export const syncKeep: CommandSpec = {
  name: 'sync keep',
  about: 'name the branch of a fork that stays, as sync forks shows it (admins only)',
  arguments: [
    { name: '<origin>', about: 'the forked origin' },
    { name: '<seq>', about: 'the commit behind which the branches were compared' },
    { name: '<digest>', about: 'of the branch that stays, 64 hex characters' },
  ],
  examples: ['sync keep ORIGIN 17 DIGEST'],
  async run(call) {
    const { output, session } = call;
    const node = await session.open();
    const origin = wanted(call, 0);
    const branch = { originSeq: Number(wanted(call, 1)), digest: wanted(call, 2) };
    const receipt = await node.keepBranch(origin, branch);
    await output.result(receipt, () => `the branch is named; who holds the other one follows`);
    return EXIT.ok;
  },
};
