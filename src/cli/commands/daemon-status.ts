/**
 * `adastra daemon status`: which process has the node open and serves it, how far it is, and
 * whether it can do its work. Nobody is exit 3; with `--ready` one that cannot is exit 75, for
 * scripts that wait. A socket that a killed process left behind is nobody, and said to be that.
 */
import { AdastraError } from '../../core/index.ts';
import type { CommandSpec } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import type { NodeAccess, RunningNode } from '../node-access.ts';
import { factsOf } from '../tables.ts';

/** `daemon status` */
export const daemonStatus: CommandSpec = {
  name: 'daemon status',
  about: 'which process runs the node',
  options: [{ flags: '--ready', about: 'exit 75 while it cannot do its work' }],
  examples: ['daemon status', 'daemon status --ready', 'daemon status --json'],
  async run({ output, options, session }) {
    const { access, dataDir } = session;
    const node = await access.attach(dataDir);
    if (node === undefined) throw await nobodyServes(access, dataDir);
    try {
      const { isReady, facts } = await factsOfRunning(node);
      await output.result(facts, () => factsOf(output, facts));
      return options.flag('ready') && !isReady ? EXIT.tryLater : EXIT.ok;
    } finally {
      await node.close();
    }
  },
};

async function factsOfRunning(
  node: RunningNode,
): Promise<{ readonly isReady: boolean; readonly facts: object }> {
  const { running } = node;
  const { seq, logSeq, lagCommits, source } = await node.freshness();
  const reason = await node.whyNotReady();
  const notReady = reason && { code: reason.code, message: reason.message };
  const facts = {
    ...running,
    upMs: Math.max(0, Date.now() - running.startedAtMs),
    seq,
    logSeq,
    lagCommits,
    source: source.kind,
    ready: reason === undefined,
    ...(notReady === undefined ? {} : { notReady }),
  };
  return { isReady: reason === undefined, facts };
}

/** Who has it open after all, or what is left of who had. */
async function nobodyServes(access: NodeAccess, dataDir: string): Promise<AdastraError> {
  const lock = await access.lockState(dataDir);
  const details = { dataDir };
  if (lock.kind === 'held') {
    const process = lock.pid === undefined ? 'a process' : `process ${lock.pid}`;
    return new AdastraError('not_found', `${process} has ${dataDir} open and does not serve it`, {
      hint: 'it is starting or ending, or no adastra: look for it where it runs',
      details: { ...details, pid: lock.pid },
    });
  }
  const left = access.leftBehind(dataDir);
  if (left === undefined) {
    return new AdastraError('not_found', `no running node serves ${dataDir}`, {
      hint: 'adastra start or adastra serve runs one',
      details,
    });
  }
  const message = `no running node serves ${dataDir}: process ${left.pid} ended without a stop`;
  return new AdastraError('not_found', message, {
    hint: 'nothing that it acknowledged is lost; what it left is replaced at the next start',
    details: { ...details, pid: left.pid, socket: left.socket },
  });
}
