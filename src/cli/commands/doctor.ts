/**
 * `adastra doctor`: looks at what a data directory needs around it (Node, permissions, lock,
 * flushes, file system, clock, space) and opens it read-only. Exit 1 if something is wrong.
 */
import { AdastraError } from '../../core/index.ts';
import type { CommandCall, CommandSpec } from '../command.ts';
import {
  checkClock,
  checkDirectory,
  checkFileSystem,
  checkNode,
  checkSpace,
  checkSync,
  type Finding,
  nearestDirectory,
} from '../doctor/checks.ts';
import { EXIT } from '../exit-codes.ts';
import type { Output } from '../output.ts';
import { columns, grouped } from '../tables.ts';
import { packageVersion } from '../version.ts';

/** `doctor` */
export const doctor: CommandSpec = {
  name: 'doctor',
  about: 'check the machine and the data directory',
  examples: ['doctor', 'doctor --json'],
  async run(call) {
    const { output, session } = call;
    const { dataDir } = session;
    const near = nearestDirectory(dataDir);
    const findings: Finding[] = [
      { check: 'adastra', state: 'ok', detail: packageVersion() },
      checkNode(),
      checkDirectory(dataDir),
      checkFileSystem(near),
      checkSpace(near),
      checkSync(near),
      checkClock(dataDir),
      await checkLock(call),
      await checkOpening(call),
    ];
    const isWell = findings.every(({ state }) => state !== 'fail');
    await output.result({ ok: isWell, dataDir, findings }, () => describe(output, findings));
    return isWell ? EXIT.ok : EXIT.failed;
  },
};

async function checkLock({ session }: CommandCall): Promise<Finding> {
  const check = 'lock';
  const state = await session.access.lockState(session.dataDir);
  if (state.kind === 'free')
    return { check, state: 'ok', detail: 'no process has the directory open' };
  if (state.kind === 'held') {
    const who = state.pid === undefined ? 'another process' : `process ${state.pid}`;
    return { check, state: 'ok', detail: `${who} has the directory open` };
  }
  return { check, state: state.kind === 'none' ? 'ok' : 'fail', detail: state.reason };
}

async function checkOpening({ session }: CommandCall): Promise<Finding> {
  const check = 'data';
  try {
    const node = await session.access.open({ dataDir: session.dataDir, readOnly: true });
    try {
      const { health, seq, store } = await node.status();
      const state = health === 'damaged' ? 'damaged' : 'opens';
      const detail = `${state}, ${grouped(store.entries)} entries, seq ${seq}`;
      return { check, state: state === 'damaged' ? 'fail' : 'ok', detail };
    } finally {
      await node.close();
    }
  } catch (error) {
    if (!AdastraError.is(error)) throw error;
    const isMissing = error.code === 'not_initialized';
    const detail = `${error.message} (${error.code})`;
    return { check, state: isMissing ? 'warn' : 'fail', detail };
  }
}

function describe({ colors }: Output, findings: readonly Finding[]): string {
  const paint = { ok: colors.green, warn: colors.yellow, fail: colors.red };
  return columns(findings.map(({ check, state, detail }) => [paint[state](state), check, detail]));
}
