// Runs the measurements: one process per (round, row, contender), round robin, so that every ratio
// is taken within one round of one row, seconds apart. Fixtures are loaded once a run, outside the
// clock; `sync` runs between processes so that nobody pays for another's dirty pages.

import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readJiffies, stealPercent } from './machine.mjs';

const PROCESS_MS_MAX = 300_000;
const FAILURES_MAX = 2;
const MARK = 'RESULT ';

/** Starts one worker and resolves to its result; rejects with what it wrote to stderr. */
export function runWorker(benchDir, job, nodeFlags = []) {
  return new Promise((resolve, reject) => {
    const args = [...nodeFlags, join(benchDir, 'worker.mjs'), JSON.stringify(job)];
    const child = spawn(process.execPath, args, {
      cwd: benchDir,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    let err = '';
    const timer = setTimeout(() => child.kill('SIGKILL'), PROCESS_MS_MAX);
    child.stdout.on('data', (chunk) => (out += chunk));
    child.stderr.on('data', (chunk) => (err += chunk));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      const line = out.split('\n').findLast((text) => text.startsWith(MARK));
      if (code === 0 && line !== undefined) resolve(JSON.parse(line.slice(MARK.length)));
      else reject(new Error(`${signal ?? `exit ${code}`}: ${reasonOf(err)}`));
    });
  });
}

function reasonOf(stderr) {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  const message = lines.find((line) => /^\s*(\w*Error\b|.*\bError:)/.test(line));
  return (message ?? lines.at(-1) ?? 'no message').trim();
}

/** The number of keys that a contender gets in a row of this size. */
export function countOf(contender, size) {
  return Math.round(size.n * (contender.share ?? 1));
}

async function fixtureOf(context, contender, n) {
  const dir = join(context.dataDir, `fixture-${contender.module}-${contender.fixture}-${n}`);
  if (existsSync(dir)) return dir;
  context.log(
    `  loading ${n.toLocaleString('en')} records into ${contender.module} (${contender.fixture})`,
  );
  // Loaded aside and renamed, so that an interrupted load is never taken for a fixture.
  const part = `${dir}.part`;
  rmSync(part, { recursive: true, force: true });
  const { module, fixture } = contender;
  await runWorker(context.benchDir, { task: 'load', module, fixture, dir: part, n });
  renameSync(part, dir);
  return dir;
}

async function directoryFor(context, contender, n) {
  const scratch = join(context.dataDir, 'scratch');
  rmSync(scratch, { recursive: true, force: true });
  if (contender.fixture === undefined) {
    mkdirSync(scratch, { recursive: true });
    return scratch;
  }
  const fixture = await fixtureOf(context, contender, n);
  if (!contender.copy) return fixture;
  cpSync(fixture, scratch, { recursive: true });
  return scratch;
}

async function measureOne(context, row, contender) {
  const size = row.sizes[context.sizeName];
  const n = countOf(contender, size);
  const dir = await directoryFor(context, contender, n);
  spawnSync('sync');
  const { module, mode } = contender;
  const job = { task: 'measure', row: row.name, module, mode, dir, n, size };
  const before = readJiffies();
  const result = await runWorker(context.benchDir, job, row.nodeFlags);
  return { ...result, steal: stealPercent(before, readJiffies()) };
}

/**
 * Measures all rows. `plan` is [{ row, contenders }]. Resolves to one entry a row: `cells`, a Map from
 * contender id to its results by round (undefined where it failed), and `problems`.
 */
export async function measureRounds(context, plan) {
  const results = plan.map(({ row, contenders }) => ({
    row,
    contenders,
    cells: new Map(contenders.map(({ id }) => [id, []])),
    problems: new Map(),
  }));
  for (let round = 0; round < context.rounds; round += 1) {
    context.log(`round ${round + 1} of ${context.rounds}`);
    for (const result of results) await measureRow(context, result, round);
  }
  rmSync(join(context.dataDir, 'scratch'), { recursive: true, force: true });
  return results;
}

async function measureRow(context, { row, contenders, cells, problems }, round) {
  for (let i = 0; i < contenders.length; i += 1) {
    const contender = contenders[(i + round) % contenders.length]; // another one starts each round
    const mine = cells.get(contender.id);
    const failures = mine.filter((cell) => cell === undefined).length;
    if (failures >= FAILURES_MAX) continue;
    try {
      mine[round] = await measureOne(context, row, contender);
    } catch (error) {
      mine[round] = undefined;
      problems.set(contender.id, error.message);
    }
    context.progress(row, contender, mine[round], problems.get(contender.id));
  }
}
