// `npm run bench`: ours, the floors and the peers, interleaved, with ratios. See bench/README.md.
// With --json standard output holds one JSON object and nothing else; progress goes to stderr.

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { entryPoint } from './contenders/adastra.mjs';
import { writeDocs } from './lib/docs.mjs';
import { describeCommit, describeMachine } from './lib/machine.mjs';
import { summarize, toJson } from './lib/ratios.mjs';
import { number, report } from './lib/report.mjs';
import { measureRounds, runWorker } from './lib/rounds.mjs';
import { buildOurs, clearData, installedPeers, installPeers, takeLock } from './lib/setup.mjs';
import { loadRow, ROW_NAMES } from './rows/index.mjs';

const BENCH = fileURLToPath(new URL('.', import.meta.url));
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const ROUNDS = { full: 5, quick: 3 };
const OURS = new Set(['adastra', 'sync-adastra']);
const USAGE = `npm run bench -- [options]
  --quick            smaller N and ${ROUNDS.quick} rounds
  --json             one JSON object on standard output
  --only a,b         these rows: ${ROW_NAMES.join(', ')}
  --with a,b         these contenders only (adastra, lmdb, floor-sync1, …)
  --no-ours          floors and peers only; needs no build
  --rounds N         number of rounds (default ${ROUNDS.full})
  --write-docs       write docs/benchmarks.md
  --keep             keep the peers' data in bench/.data for the next run`;

const log = (text) => process.stderr.write(`${text}\n`);

function options() {
  const list = { type: 'string', multiple: true };
  const flag = { type: 'boolean', default: false };
  const { values } = parseArgs({
    options: {
      quick: flag,
      json: flag,
      only: list,
      with: list,
      'no-ours': flag,
      rounds: { type: 'string' },
      'write-docs': flag,
      keep: flag,
      help: flag,
    },
  });
  const sizeName = values.quick ? 'quick' : 'full';
  const rounds = Number(values.rounds ?? ROUNDS[sizeName]);
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new Error('--rounds takes a whole number from 1');
  const split = (items) => items?.flatMap((item) => item.split(','));
  const only = split(values.only) ?? ROW_NAMES;
  const unknown = only.find((name) => !ROW_NAMES.includes(name));
  if (unknown !== undefined)
    throw new Error(`no row ${unknown}; there are ${ROW_NAMES.join(', ')}`);
  return { ...values, sizeName, rounds, only, with: split(values.with) };
}

/** Which modules can be loaded: Map from module to undefined, or to the reason why not. */
async function probe(modules) {
  const reasons = new Map();
  for (const module of modules) {
    try {
      await runWorker(BENCH, { task: 'probe', module });
      reasons.set(module, undefined);
    } catch (error) {
      reasons.set(module, error.message);
      log(`not available: ${module}: ${error.message}`);
    }
  }
  return reasons;
}

async function makePlan(chosen) {
  const rows = await Promise.all(chosen.only.map(loadRow));
  const wanted = ({ id, module }) =>
    (chosen.with === undefined || chosen.with.includes(id)) &&
    !(chosen['no-ours'] && OURS.has(module));
  const all = rows.map((row) => ({ row, contenders: row.contenders.filter(wanted) }));
  const modules = new Set(all.flatMap(({ contenders }) => contenders.map(({ module }) => module)));
  const reasons = await probe(modules);
  return all.map(({ row, contenders }) => ({
    row,
    contenders: contenders.filter(({ module }) => reasons.get(module) === undefined),
    missing: contenders.filter(({ module }) => reasons.get(module) !== undefined),
    reasons,
  }));
}

/** Contenders that could not be loaded stand in the tables with their reason. */
function withMissing(results, plan) {
  return results.map((result, i) => {
    const { missing, reasons } = plan[i];
    for (const contender of missing) {
      result.cells.set(contender.id, []);
      result.problems.set(contender.id, reasons.get(contender.module));
    }
    return { ...result, contenders: [...result.contenders, ...missing] };
  });
}

function progress(row, contender, cell, problem) {
  const text = cell === undefined ? `FAILED: ${problem}` : `${number(cell.value)} ${row.unit}`;
  const steal = cell?.steal > 5 ? ` (steal ${cell.steal.toFixed(0)} %)` : '';
  log(`  ${row.name.padEnd(20)} ${contender.label.padEnd(46)} ${text}${steal}`);
}

function aboutRun(chosen) {
  const peers = installedPeers(BENCH).map((p) => `${p.name} ${p.installed ?? 'not available'}`);
  const args = process.argv.slice(2).join(' ');
  return {
    machine: describeMachine(BENCH),
    date: new Date().toISOString().slice(0, 10),
    command: `npm run bench${args === '' ? '' : ` -- ${args}`}`,
    commit: describeCommit(ROOT),
    rounds: chosen.rounds,
    peers: peers.join(', '),
    sizeName: chosen.sizeName,
  };
}

async function main() {
  const chosen = options();
  if (chosen.help) return process.stdout.write(`${USAGE}\n`);
  const dataDir = join(BENCH, '.data');
  const release = takeLock(dataDir);
  try {
    clearData(dataDir, chosen.keep);
    installPeers(BENCH, log);
    if (!chosen['no-ours']) buildOurs(ROOT, entryPoint(), log);
    const about = aboutRun(chosen);
    log(`${about.machine}; commit ${about.commit}`);
    const plan = await makePlan(chosen);
    const context = { benchDir: BENCH, dataDir, log, progress, ...chosen };
    const results = withMissing(await measureRounds(context, plan), plan);
    const summaries = results.map(summarize);
    if (chosen['write-docs']) writeDocs(join(ROOT, 'docs/benchmarks.md'), summaries, about);
    const rows = summaries.map(toJson);
    process.stdout.write(
      chosen.json
        ? `${JSON.stringify({ rows }, null, 2)}\n`
        : `\n${report(summaries, chosen.sizeName)}\n`,
    );
    if (!chosen['no-ours'] && rows.some((row) => row.ours === null)) process.exitCode = 1;
  } finally {
    if (!chosen.keep) rmSync(dataDir, { recursive: true, force: true });
    release();
  }
}

try {
  await main();
} catch (error) {
  log(`bench: ${error.message}`);
  process.exitCode = 1;
}
