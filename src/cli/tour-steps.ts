/**
 * What the tour shows of a loaded node: a scan, an edit and its history, both hashes and their
 * proof by replay, and what to try next. Each start leaves one more entry in one key's history,
 * nothing else.
 */
import { jsonOf, type Value } from '../core/index.ts';
import { commitHead } from './commit-text.ts';
import { historyText } from './commands/store-history.ts';
import { dataOption } from './data-option.ts';
import { showProgress } from './progress.ts';
import { duration, facts, grouped, size } from './tables.ts';
import { heading, type TourCall } from './tour-call.ts';
import { showSecondNode } from './tour-peers.ts';

const SCAN_PREFIX = 'city/FR/Par';
const EDITED_KEY = 'city/FR/Paris/48.85341,2.3488';
const SHOWN = 5;

const STEPS = [showScan, showEdit, showHashes, showReplay, showNext, showSecondNode] as const;

/** Runs the steps in order; `false` if Ctrl-C came. */
export async function showTour(call: TourCall): Promise<boolean> {
  for (const step of STEPS) {
    if (call.signal.aborted) return false;
    await step(call);
    await call.output.flush();
  }
  return true;
}

async function showScan(call: TourCall): Promise<void> {
  const { output, session } = call;
  await heading(call, `Keys are ordered: everything under ${SCAN_PREFIX}`);
  const node = await session.open();
  const found: [string, Value][] = [];
  const startedMs = performance.now();
  for await (const row of node.list({ prefix: SCAN_PREFIX })) found.push(row);
  const ms = performance.now() - startedMs;
  for (const [key, value] of found.slice(0, SHOWN)) {
    await output.line(`${key}  ${output.colors.dim(JSON.stringify(jsonOf(value)))}`);
  }
  const more = found.length > SHOWN ? `, ${SHOWN} shown` : '';
  await output.line(`${found.length} places in ${duration(ms)}${more}`);
}

async function showEdit(call: TourCall): Promise<void> {
  const { output, session } = call;
  const node = await session.open();
  const before = await node.get(EDITED_KEY);
  if (before === undefined) return;
  await heading(call, 'Every write stays in the history of its key');
  const visits = visitsIn(before) + 1;
  const fields = isObject(before) ? before : {};
  const startedMs = performance.now();
  const receipt = await node.put(EDITED_KEY, { ...fields, visits }, { reason: 'npm start' });
  const ms = performance.now() - startedMs;
  await output.line(
    `put ${EDITED_KEY} with visits: ${visits}; on disk after ${duration(ms)} as seq ${receipt.seq}`,
  );
  for await (const entry of node.history(EDITED_KEY, { limit: SHOWN })) {
    await output.line(`${commitHead(entry)}  ${historyText(entry)}`);
  }
}

function isObject(
  value: Value | undefined,
): value is { readonly [key: string]: Value | undefined } {
  return Object.prototype.toString.call(value) === '[object Object]';
}

function visitsIn(value: Value | undefined): number {
  const visits = isObject(value) ? value['visits'] : undefined;
  return typeof visits === 'number' ? visits : 0;
}

async function showHashes(call: TourCall): Promise<void> {
  const { output, session } = call;
  await heading(call, 'The whole state has two hashes');
  const node = await session.open();
  const { seq, stateHash, contentHash, store, wal } = await node.status();
  const stored = `${grouped(store.entries)} entries, ${size(store.keyBytes + store.valueBytes)}`;
  await output.line(
    facts(output, [
      ['state hash', `${stateHash}  (values and versions: equal on nodes in step)`],
      ['content hash', `${contentHash}  (keys and values alone)`],
      ['seq', `${seq}`],
      ['store', stored],
      ['log', `${size(wal.bytes)} in ${wal.segments} segments`],
    ]),
  );
}

async function showReplay(call: TourCall): Promise<void> {
  const { output, session, terminal } = call;
  await heading(call, 'Replaying the log from its beginning gives the same state');
  await output.flush();
  // Closed for the check; the next step opens it again.
  await session.close();
  const watch = { label: 'replay', total: undefined, unit: 'commits' };
  const progress = showProgress(terminal, output, watch);
  const startedMs = performance.now();
  const report = await session.access
    .replayVerify(session.dataDir, { onProgress: (done) => progress.update(done, done) })
    .finally(() => progress.stop());
  const { green, red } = output.colors;
  const verdict = report.matches ? green('equal') : red('DIFFERENT: please report this');
  await output.line(
    `replay --verify: ${grouped(report.commits)} commits in ` +
      `${duration(performance.now() - startedMs)}, both hashes ${verdict}`,
  );
  const node = await session.open();
  await output.line(
    `opened again: first read possible after ${duration(node.recovery.durationMs)}`,
  );
}

async function showNext(call: TourCall): Promise<void> {
  const { output } = call;
  await heading(call, 'What to try next');
  const data = dataOption(call.terminal, call.session.dataDir);
  for (const line of [
    'store get city/IS/Reykjavík/64.13548,-21.89541',
    'store list city/JP/Kyo --limit 5',
    'store count city/BR/',
    `store history ${EDITED_KEY}`,
    'store put user:1 Gaspard',
    'log tail',
    'export city/FR/ -o france.ndjson',
    'doctor',
  ]) {
    await output.line(`  npx adastra ${line}${data}`);
  }
  await output.line('At the prompt the same without "npx adastra"; help lists all commands.');
}
