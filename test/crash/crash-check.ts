/**
 * What must hold on a disk after a crash, seen by opening it again: INV-1 to 6, 10 and 13, one by
 * one. The node then goes on: it writes, is killed, opened, closed and replayed, and each time the
 * same state must come out.
 */
import { AdastraError, type Commit } from '../../src/core/index.ts';
import { type Engine, replayVerify } from '../../src/engine/index.ts';
import type { CrashMode, MemoryFileSystem } from '../../src/env/memory/index.ts';
import { FOUNDING, type History, stateText, type Submitted } from './history.ts';
import { DATA, environment, openNode, type Scenario } from './scenario.ts';

/** How the power went, as far as it decides what must be there. */
export interface Crashed {
  readonly fs: MemoryFileSystem;
  readonly mode: CrashMode;
  readonly scenario: Scenario;
  /** How many commits an earlier reopening showed, if it came to that: it has made them durable. */
  readonly shown?: number | undefined;
}

interface Reopened {
  readonly engine: Engine;
  readonly commits: readonly Commit[];
}

/** Everything that is wrong; empty when all is well. */
export async function checkCrash(history: History, crashed: Crashed): Promise<string[]> {
  const found: string[] = [];
  try {
    await check(history, crashed, found);
  } catch (error) {
    const code = AdastraError.is(error) ? `${error.code} ` : '';
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    found.push(`INV-13: after the crash: ${code}${text.split('\n').slice(0, 4).join(' | ')}`);
  }
  return found;
}

async function check(history: History, crashed: Crashed, found: string[]): Promise<void> {
  const { fs, scenario } = crashed;
  const { env } = environment(fs, scenario.plant);
  const engine = await openNode(env, scenario);
  const commits = await commitsOf(engine);
  const count = checkPrefix(history, { engine, commits }, crashed, found);
  checkIdentity(history, await engine.nodeInfo(), found);
  checkReceipts(history, { engine, commits }, count, found);
  checkAside(fs, engine, found);
  checkStamps(commits, found);
  if (found.length > 0) return;
  await writeOn(history, { engine, commits }, found);
  const hash = (await engine.hashes()).stateHash;
  await checkAgain(fs, scenario, hash, found);
}

async function commitsOf(engine: Engine): Promise<Commit[]> {
  const commits: Commit[] = [];
  const from = engine.parts.log.baseSeq + 1;
  for await (const commit of engine.changes({ from, live: false, system: true })) {
    commits.push(commit);
  }
  return commits;
}

/** INV-1 and INV-3: whole commits, in order, all that was promised. How many there are. */
function checkPrefix(
  history: History,
  { engine, commits }: Reopened,
  { mode, shown }: Crashed,
  found: string[],
): number {
  const count = engine.seq - FOUNDING;
  const { admitted } = history;
  const isPowerCut = mode !== 'kill' && mode !== 'keep-all';
  const promised = isPowerCut ? history.durableFloor : history.killFloor;
  const floor = Math.max(promised, shown ?? 0);
  if (count < floor) found.push(`INV-1: ${count} commits are there, ${floor} were promised`);
  if (count > admitted.length) {
    found.push(`INV-3: ${count} commits are there, ${admitted.length} were submitted`);
  }
  if (stateText(engine.reads.list()) !== stateText(history.stateAt(count))) {
    found.push(`INV-3: the state is not that of the first ${count} commits`);
  }
  for (const commit of commits) {
    const write = admitted[commit.seq - FOUNDING - 1];
    if (write !== undefined && !isSameCommit(commit, write)) {
      found.push(`INV-3: commit ${commit.seq} is not "${write.label}" as it was submitted`);
    }
  }
  return count;
}

function isSameCommit({ events, commandId, void: reason }: Commit, write: Submitted): boolean {
  const written = events.map(({ key, value }) => [key, value ?? null]);
  const wanted = write.effects.map(([key, value]) => [key, value ?? null]);
  const byKey = ([left]: unknown[], [right]: unknown[]): number =>
    String(left) < String(right) ? -1 : 1;
  return (
    reason === undefined &&
    commandId === write.commandId &&
    JSON.stringify(written.sort(byKey)) === JSON.stringify(wanted.sort(byKey))
  );
}

function checkIdentity(
  history: History,
  { worldId, fingerprint }: { worldId: string; fingerprint: string },
  found: string[],
): void {
  const identity = `${worldId} ${fingerprint}`;
  if (history.identity === undefined || history.identity === identity) return;
  found.push(`INV-1: the node ${history.identity} was acknowledged, ${identity} is there`);
}

/** A receipt says what the log says; the command of one that is there is remembered. */
function checkReceipts(
  history: History,
  { engine, commits }: Reopened,
  count: number,
  found: string[],
): void {
  const bySeq = new Map(commits.map((commit) => [commit.seq, commit]));
  for (const write of history.admitted.slice(0, count)) {
    const { receipt, commandId, label } = write;
    if (receipt === undefined) continue;
    const commit = bySeq.get(receipt.seq);
    if (commit !== undefined && commit.stamp !== receipt.stamp) {
      found.push(`INV-10: ${label} has stamp ${commit.stamp}, its receipt ${receipt.stamp}`);
    }
    if (commandId === undefined) continue;
    const remembered = engine.writable().receiptOf(commandId);
    if (remembered?.seq !== receipt.seq || remembered.stamp !== receipt.stamp) {
      found.push(`INV-1: the command ${commandId} is forgotten`);
    }
  }
}

/** INV-13: what was cut off lies beside the log, every byte of it, and for good. */
function checkAside(fs: MemoryFileSystem, engine: Engine, found: string[]): void {
  const { tornBytes, aside, rejectedCheckpoints } = engine.recovery;
  let bytes = 0;
  const durable = fs.crash({ mode: 'lose-unsynced' });
  for (const file of aside) bytes += durable.stat(file)?.sizeBytes ?? Number.NaN;
  if (bytes !== tornBytes) {
    found.push(`INV-13: ${tornBytes} torn bytes were reported, ${bytes} lie in ${aside.join()}`);
  }
  for (const { file, reason } of rejectedCheckpoints) {
    found.push(`INV-13: the crash left a checkpoint that is not whole: ${file}: ${reason}`);
  }
}

/** INV-10, inside the log. */
function checkStamps(commits: readonly Commit[], found: string[]): void {
  for (let at = 1; at < commits.length; at++) {
    const [before, after] = [commits[at - 1] as Commit, commits[at] as Commit];
    if (after.seq !== before.seq + 1) found.push(`INV-10: seq ${after.seq} after ${before.seq}`);
    if (after.timeMs < before.timeMs) found.push(`INV-10: the time of seq ${after.seq} goes back`);
  }
}

/** INV-10, beyond the crash: the next writes work and stand behind everything there is. */
async function writeOn(
  history: History,
  { engine, commits }: Reopened,
  found: string[],
): Promise<void> {
  const { seq, parts } = engine;
  if (parts.log.term <= history.durableTerm) {
    found.push(`INV-10: term ${parts.log.term} follows ${history.durableTerm}`);
  }
  const receipts = [
    await engine.put('after/1', 1, { durability: 'always' }),
    ...(await Promise.all([
      engine.put('after/2', 'x'.repeat(900), { durability: 'os' }),
      engine.remove('after/1', { durability: 'os' }),
    ])),
  ];
  const last = commits.at(-1);
  receipts.forEach((receipt, index) => {
    if (receipt.seq !== seq + index + 1) found.push(`INV-10: seq ${receipt.seq} after ${seq}`);
    if (receipt.origin === last?.origin) found.push('INV-9: an incarnation was used twice');
  });
  await engine.flush();
  checkStamps(await commitsOf(engine), found);
}

/**
 * INV-6: killed with nothing in flight, lost with the power, opened, closed, replayed from the base
 * and from each checkpoint. Nothing can be torn any more: all was flushed.
 */
async function checkAgain(
  fs: MemoryFileSystem,
  scenario: Scenario,
  hash: string,
  found: string[],
): Promise<void> {
  for (const mode of ['kill', 'lose-unsynced'] as const) {
    const { env } = environment(fs.crash({ mode }), scenario.plant);
    const engine = await openNode(env, scenario);
    const { stateHash } = await engine.hashes();
    if (stateHash !== hash) found.push(`INV-6: state ${stateHash} after ${mode}, before ${hash}`);
    if (engine.recovery.tornBytes > 0) {
      found.push(
        `INV-13: ${engine.recovery.tornBytes} torn bytes though all was flushed (${mode})`,
      );
    }
    await engine.close();
    const replayed = replayVerify(env, DATA);
    if (replayed.matches && replayed.stateHash === hash) continue;
    const differing = replayed.compared.filter(({ matches }) => !matches);
    found.push(`INV-6: by replay ${replayed.stateHash}, not ${hash}: ${JSON.stringify(differing)}`);
  }
}
