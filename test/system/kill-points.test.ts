/**
 * The process is killed at a system call, one run for each call that the scripted workload makes
 * (in the short form for some of them): first initialisation, puts, a transaction, rotation, a
 * checkpoint, closing. Behind every kill the directory opens with what was acknowledged.
 */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type ChildCall, startChild } from '../support/node-child.ts';
import { SMALL_LIMITS } from '../support/damaged-node.ts';
import { type Image, imageOf, pathsIn, testFolder, writeImage } from '../support/folder.ts';
import { LONG, TIMEOUT_MS } from '../support/long.ts';
import { expectRecovered } from '../support/recovered.ts';
import { injected, needStrace, traced } from '../support/strace.ts';

const CALLS = [
  'write',
  'pwrite64',
  'fdatasync',
  'fsync',
  'rename',
  'ftruncate',
  'openat',
  'mkdir',
  'unlink',
];
/** Of the kill points one in so many is tried in the short form. */
const EVERY = LONG ? 1 : 11;
const COUNT = 14;
const LANES = 2;

interface KillPoint {
  readonly name: string;
  readonly number: number;
}

/** A run over a directory, and how the directory looks before it. */
interface Scene {
  readonly call: (dataDir: string) => ChildCall;
  readonly before: Image | undefined;
  /** What the run before had acknowledged. */
  readonly lines: readonly string[];
}

function child(script: 'workload' | 'puts', count: number): (dataDir: string) => ChildCall {
  const options = { limits: SMALL_LIMITS, checkpointBytes: 0 };
  // One thread for the disk, so that counting calls by thread is counting calls.
  const env = { UV_THREADPOOL_SIZE: '1' };
  return (dataDir) => ({ script, dataDir, count, options, env });
}

/** Every call from the first that touches the directory on, by name and number in its thread. */
async function killPoints(folder: string, { call, before }: Scene): Promise<KillPoint[]> {
  const dataDir = join(folder, 'calm');
  if (before !== undefined) writeImage(dataDir, before);
  const { end, calls } = await traced(call(dataDir), CALLS);
  expect(end.lines.at(-1), end.err).toBe('closed');
  expect(pathsIn(imageOf(dataDir), 'log').length).toBeGreaterThan(1);
  const begin = calls.findIndex(({ text }) => text.includes(dataDir));
  const points = new Map<string, KillPoint>();
  for (const { name, number } of calls.slice(begin)) {
    points.set(`${name} ${number}`, { name, number });
  }
  return [...points.values()];
}

/** Kills one run at each point; returns how many were killed. */
async function killEach(folder: string, scene: Scene, points: KillPoint[]): Promise<number> {
  let kills = 0;
  const work = async (): Promise<void> => {
    for (let point = points.pop(); point !== undefined; point = points.pop()) {
      const { name, number } = point;
      const dataDir = join(folder, `${name}-${number}`);
      if (scene.before !== undefined) writeImage(dataDir, scene.before);
      const end = await injected(scene.call(dataDir), name, `signal=SIGKILL:when=${number}`);
      if (end.lines.at(-1) !== 'closed') kills += 1;
      const lines = [...scene.lines, ...end.lines];
      await expectRecovered(dataDir, lines, `killed at ${name} ${number}`);
    }
  };
  await Promise.all(Array.from({ length: LANES }, work));
  return kills;
}

async function runScene(scene: Scene): Promise<void> {
  const folder = testFolder('kill');
  const all = await killPoints(folder, scene);
  const points = all.filter((_, index) => index % EVERY === 0);
  const tried = points.length;
  const kills = await killEach(folder, scene, points);
  console.info(`${kills} kills at ${tried} of ${all.length} calls`);
  expect(kills).toBeGreaterThan(tried * 0.5);
}

test(
  'killed at a call of its first run, it opens with what was acknowledged',
  async (context) => {
    needStrace(context);
    await runScene({ call: child('workload', COUNT), before: undefined, lines: [] });
  },
  TIMEOUT_MS,
);

test(
  'killed at a call of the run behind a kill, it opens with what was acknowledged',
  async (context) => {
    needStrace(context);
    const dataDir = join(testFolder('killed'), 'node');
    const first = startChild({ ...child('puts', 0)(dataDir), script: 'hold', count: 40 });
    await first.line('holding');
    first.process.kill('SIGKILL');
    const { lines } = await first.ended;
    await runScene({ call: child('puts', 5), before: imageOf(dataDir), lines });
  },
  TIMEOUT_MS,
);
