// One process for one measurement: node worker.mjs '{"task":…}'. Prints one line `RESULT {json}`.
// Tasks: `measure` (row, contender id, directory, sizes), `load` (fill a directory), `probe` (can the
// contender be loaded at all). Started by run.mjs only.

import { mkdirSync } from 'node:fs';

const job = JSON.parse(process.argv[2] ?? '{}');
const contender = await import(`./contenders/${job.module}.mjs`);

async function perform() {
  if (job.task === 'probe') {
    await contender.probe();
    return {};
  }
  if (job.task === 'load') {
    const { records } = await import('./lib/data.mjs');
    mkdirSync(job.dir, { recursive: true });
    await contender.load(job.dir, job.fixture, records(job.n), job.n);
    return {};
  }
  const { loadRow } = await import('./rows/index.mjs');
  const row = await loadRow(job.row);
  return row.measure({ ...job.size, n: job.n, contender, mode: job.mode, dir: job.dir });
}

const result = await perform();
process.stdout.write(`RESULT ${JSON.stringify(result)}\n`, () => process.exit(0));
