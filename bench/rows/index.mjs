// All rows, in the order of the table in docs/benchmarks.md.

export const ROW_NAMES = [
  'put-await',
  'put-flight-1000',
  'tx-1000-random',
  'tx-1000-seq',
  'put-os-1m',
  'get-random-1m',
  'scan-100k',
  'open-1m-checkpoint',
  'open-1m-log',
  'memory-1m',
  'checkpoint-pause',
  'sync-100k',
  'sync-bytes',
  'sync-latency',
  'sync-latency-p99',
  'sync-reconnect',
  'sync-absence',
  'sync-catch-up',
  'sync-interference',
  'http-commit',
  'read-visible',
  'read-visible-p99',
  'read-replay',
  'read-catch-up',
  'stream-200',
  'stream-5000',
];

/** Imports one row; a worker imports only its own, so open times do not pay for the others. */
export async function loadRow(name) {
  if (!ROW_NAMES.includes(name)) throw new Error(`unknown row: ${name}`);
  const { default: row } = await import(`./${name}.mjs`);
  return row;
}
