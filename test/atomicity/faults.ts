/**
 * Histories with a fault at every place of one kind: a step of an operation, the write of a batch,
 * its flush, a kill between any two operations on the disk. Each gives what was found wrong and how
 * many places it tried.
 */
import { Prng } from '../../src/core/index.ts';
import { type CrashMode, type Fault, Frozen } from '../../src/env/memory/index.ts';
import { LONG } from '../support/long.ts';
import { randomCommit } from './calls.ts';
import type { Call, Effect } from './model.ts';
import { type Answer, type Spoil, type Submitted, Trial } from './trial.ts';

export interface Findings {
  readonly found: string[];
  /** How many faults were planted. */
  places: number;
}

export interface Size {
  readonly seed: number;
  /** Groups of commits; the commits of a group are submitted in one turn. */
  readonly groups: number;
}

const GROUP_MAX = 4;
const CRASHES: readonly CrashMode[] = ['kill', 'lose-unsynced', 'keep-all', 'torn', 'torn-any'];
const APPEND_FAULTS: readonly Fault[] = [
  { error: 'ENOSPC' },
  { error: 'EIO' },
  { shortWrite: 23 },
  { shortWrite: 0 },
];

/** Every step of every operation of every commit fails once, then the commit goes through. */
export async function failingSteps({ seed, groups }: Size, spoil?: Spoil): Promise<Findings> {
  const prng = new Prng(seed);
  const trial = await Trial.begin(seed, spoil);
  const findings: Findings = { found: [], places: 0 };
  for (let group = 0; group < groups; group++) {
    const calls = randomCommit(prng);
    for (let failAt = 0; ; failAt++) {
      const submitted = trial.submit(calls, failAt);
      const early = trial.glance();
      trial.publish([submitted.effects]);
      const wrong = [
        ...early,
        ...judge(submitted, await submitted.answer),
        ...(await trial.look()),
      ];
      findings.found.push(...wrong.map((text) => `step ${failAt} of commit ${group}: ${text}`));
      if (!submitted.hasFailed || findings.found.length > 0) break;
      findings.places++;
    }
    if (findings.found.length > 0) break;
  }
  await trial.engine.close();
  return findings;
}

/** Commits of one turn, some with a failing step among those that go through. */
export async function failingAmongOthers({ seed, groups }: Size): Promise<Findings> {
  const prng = new Prng(seed);
  const trial = await Trial.begin(seed);
  const findings: Findings = { found: [], places: 0 };
  for (let group = 0; group < groups; group++) {
    const submitted = randomGroup(prng).map((calls) =>
      trial.submit(calls, prng.chance(0.5) ? prng.below(12) : undefined),
    );
    findings.places += submitted.filter(({ hasFailed }) => hasFailed).length;
    findings.found.push(...trial.glance());
    trial.publish(submitted.map(({ effects }) => effects));
    for (const one of submitted) findings.found.push(...judge(one, await one.answer));
    findings.found.push(...(await trial.look()));
  }
  await trial.engine.close();
  return findings;
}

/** Every append fails in every way, then goes through: refused is what never happened. */
export async function failingAppends({ seed, groups }: Size): Promise<Findings> {
  const prng = new Prng(seed);
  const trial = await Trial.begin(seed);
  const findings: Findings = { found: [], places: 0 };
  for (let group = 0; group < groups; group++) {
    const commits = randomGroup(prng);
    for (const fault of APPEND_FAULTS) {
      const wasHit = breakAll(trial, 'write', fault);
      const submitted = commits.map((calls) => trial.submit(calls));
      const answers = await Promise.all(submitted.map(({ answer }) => answer));
      trial.fs.setOnOperation(undefined);
      if (wasHit()) {
        findings.places++;
        findings.found.push(...submitted.flatMap((one, at) => judgeRefused(one, answers[at])));
        trial.forget();
      }
      findings.found.push(...(await trial.look()));
    }
    const submitted = commits.map((calls) => trial.submit(calls));
    trial.publish(submitted.map(({ effects }) => effects));
    for (const one of submitted) findings.found.push(...judge(one, await one.answer));
    findings.found.push(...(await trial.look()));
  }
  await trial.engine.close();
  return findings;
}

/** Every flush fails once: unknown is what is there whole or not at all. */
export async function failingFlushes({ seed, groups }: Size): Promise<Findings> {
  const findings: Findings = { found: [], places: 0 };
  await onForks({ seed, groups }, async (fork, commits, prng) => {
    const wasHit = breakAll(fork, 'sync', { error: 'EIO' });
    const submitted = commits.map((calls) => fork.submit(calls));
    const answers = await Promise.all(submitted.map(({ answer }) => answer));
    fork.fs.setOnOperation(undefined);
    findings.found.push(...(await fork.look()));
    if (!wasHit()) return;
    findings.places++;
    findings.found.push(...judgeUnknown(submitted, answers));
    const latched = await fork.submit([{ op: 'put', args: { key: 'k', value: 1 } }]).answer;
    if (latched.code !== 'latched') findings.found.push(`the next write ended: ${latched.code}`);
    findings.found.push(...(await crashes(fork, maybeOf(submitted), prng)));
  });
  return findings;
}

/** A kill, and a power cut, before each operation on the disk. */
export async function kills({ seed, groups }: Size): Promise<Findings> {
  const findings: Findings = { found: [], places: 0 };
  let after = 0;
  await onForks({ seed, groups, again: () => after > 0 }, async (fork, commits, prng) => {
    let left = after;
    fork.fs.setOnOperation(() => {
      findings.found.push(...fork.glance());
      if (left-- === 0) throw new Frozen();
      return undefined;
    });
    const submitted = commits.map((calls) => fork.submit(calls));
    const answered: Answer[] = [];
    for (const { answer } of submitted)
      void answer.then(
        (one) => answered.push(one),
        () => {},
      );
    await settled();
    fork.fs.setOnOperation(undefined);
    after = fork.fs.isFrozen ? after + 1 : 0;
    if (!fork.fs.isFrozen) return;
    findings.places++;
    const wasAcknowledged = answered.some(({ code }) => code === undefined);
    const maybe = maybeOf(submitted);
    findings.found.push(...(await crashes(fork, maybe, prng, wasAcknowledged ? maybe.length : 0)));
  });
  return findings;
}

/** Each group of a history on a fork of its own; then it goes through on the trial itself. */
async function onForks(
  { seed, groups, again }: Size & { readonly again?: () => boolean },
  act: (fork: Trial, commits: readonly Call[][], prng: Prng) => Promise<void>,
): Promise<void> {
  const prng = new Prng(seed);
  const trial = await Trial.begin(seed);
  let forks = 0;
  for (let group = 0; group < groups; group++) {
    const commits = randomGroup(prng);
    do {
      const fork = await trial.forked(seed + ++forks * 1000);
      await act(fork, commits, prng);
      await fork.engine.close().catch(() => {});
    } while (again?.() === true);
    const submitted = commits.map((calls) => trial.submit(calls));
    trial.publish(submitted.map(({ effects }) => effects));
    await Promise.all(submitted.map(({ answer }) => answer));
  }
  await trial.engine.close();
}

async function crashes(
  trial: Trial,
  maybe: readonly (readonly Effect[])[],
  prng: Prng,
  acknowledged = 0,
): Promise<string[]> {
  const found: string[] = [];
  const modes = LONG ? CRASHES : CRASHES.filter(() => prng.chance(0.4));
  for (const mode of modes) {
    const aftermath = { seed: prng.below(1_000_000), maybe, acknowledged };
    found.push(...(await trial.afterCrash(mode, aftermath)).found);
  }
  return found;
}

function randomGroup(prng: Prng): Call[][] {
  return Array.from({ length: 1 + prng.below(GROUP_MAX) }, () => randomCommit(prng));
}

/**
 * Operations of this kind fail from now on (after a short write the rest of it, too); tells whether
 * it came to any.
 */
function breakAll(trial: Trial, kind: 'write' | 'sync', fault: Fault): () => boolean {
  let hits = 0;
  trial.fs.setOnOperation((operation) => {
    if (operation.kind !== kind) return undefined;
    hits++;
    return hits > 1 && fault.shortWrite !== undefined ? { error: 'ENOSPC' } : fault;
  });
  return () => hits > 0;
}

function maybeOf(submitted: readonly Submitted[]): (readonly Effect[])[] {
  return submitted.flatMap(({ effects }) =>
    effects === undefined || effects.length === 0 ? [] : [effects],
  );
}

/** What is wrong with an answer, where nothing but a step was made to fail. */
function judge({ effects, refusal }: Submitted, answer: Answer): string[] {
  const { code, operationIndex, isPlanted } = answer;
  if (effects !== undefined) return code === undefined ? [] : [`refused with ${code}`];
  if (code === undefined) return ['committed what had to be refused'];
  const found: string[] = [];
  if (operationIndex !== refusal?.at)
    found.push(`names call ${operationIndex}, not ${refusal?.at}`);
  if (isPlanted !== refusal?.isPlanted) found.push(`was refused with ${code} for another reason`);
  return found;
}

function judgeRefused({ effects }: Submitted, answer: Answer | undefined): string[] {
  if (effects === undefined || effects.length === 0) return [];
  const isSaid = answer?.code === 'disk_full' || answer?.code === 'io_error';
  return isSaid ? [] : [`a failed append ended with ${answer?.code ?? 'committed'}`];
}

/** Unknown is each commit of the batch, and each refusal that could have seen one of them (INV-2). */
function judgeUnknown(submitted: readonly Submitted[], answers: readonly Answer[]): string[] {
  let isPending = false;
  return submitted.flatMap(({ effects }, at) => {
    isPending ||= effects !== undefined && effects.length > 0;
    const code = answers[at]?.code;
    return !isPending || code === 'unknown_outcome' ? [] : [`a failed flush ended with ${code}`];
  });
}

/** All that was runnable ran. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 4; turn++) {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}
