/**
 * `adastra export [PREFIX]`: keys and values as of one moment, as NDJSON, JSON array or CSV, to
 * stdout or to a file that appears whole or not at all.
 */
import { AdastraError } from '../../core/index.ts';
import type { CommandCall, CommandSpec } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { exportTarget } from '../export/export-target.ts';
import { type RowWriter, rowWriter } from '../export/row-writer.ts';
import { formatOf, ROW_FORMATS } from '../import/rows.ts';
import { type Progress, showProgress } from '../progress.ts';
import { RANGE_OPTIONS, rangeOf } from '../range-options.ts';
import { grouped } from '../tables.ts';

/** `export [PREFIX]` */
export const exportCommand: CommandSpec = {
  name: 'export',
  about: 'write keys and values as NDJSON, JSON or CSV',
  arguments: [{ name: '[prefix]', about: 'only keys that begin so' }],
  options: [
    { flags: '--format <format>', about: 'ndjson, json or csv (default: from the file name)' },
    { flags: '-o, --output <file>', about: 'a file (default: stdout)' },
    {
      flags: '--columns <names>',
      about: 'CSV: fields with commas between (default: those of the first row); value: JSON',
    },
    ...RANGE_OPTIONS,
  ],
  examples: ['export -o backup.ndjson', 'export city/FR/ --format csv --columns name,lat,lng'],
  endsItself: true,
  run: runExport,
};

async function runExport(call: CommandCall): Promise<number> {
  const { options, output, session, terminal } = call;
  const file = options.text('output') ?? '-';
  const format = options.choice('format', ROW_FORMATS) ?? formatOf(file);
  const writer = rowWriter(format, columnsOf(call, format));
  const range = rangeOf(call);
  const node = await session.open();
  const target = exportTarget(call);
  const toFile = file !== '-';
  const total = toFile ? await node.count(range) : undefined;
  const watch = { label: 'export', total, unit: 'rows' };
  const progress = toFile ? showProgress(terminal, output, watch) : undefined;
  let isDone = false;
  try {
    const rows = await copy(call, { node, range, writer, target, progress });
    if (rows === undefined) return EXIT.interrupted;
    await target.finish();
    isDone = true;
    progress?.stop();
    if (toFile) await output.result({ file, format, rows }, () => `${file}: ${grouped(rows)} rows`);
  } finally {
    progress?.stop();
    if (!isDone) target.discard();
  }
  if (writer.cutRows > 0) {
    output.warn(
      `${grouped(writer.cutRows)} rows have fields outside the columns, which are not in the file`,
    );
  }
  return EXIT.ok;
}

interface Copy {
  readonly node: Awaited<ReturnType<CommandCall['session']['open']>>;
  readonly range: ReturnType<typeof rangeOf>;
  readonly writer: RowWriter;
  readonly target: ReturnType<typeof exportTarget>;
  readonly progress: Progress | undefined;
}

async function copy({ signal }: CommandCall, work: Copy): Promise<number | undefined> {
  const { node, range, writer, target, progress } = work;
  let rows = 0;
  for await (const [key, value] of node.list(range)) {
    if (signal.aborted) return undefined;
    await target.write(writer.row(key, value));
    rows += 1;
    if (rows % 1000 === 0) progress?.update(rows, rows);
  }
  await target.write(writer.end());
  progress?.update(rows, rows);
  return rows;
}

function columnsOf({ options }: CommandCall, format: string): readonly string[] | undefined {
  const text = options.text('columns');
  if (text === undefined) return undefined;
  const names = text.split(',').map((name) => name.trim());
  if (format !== 'csv') throw new AdastraError('invalid_options', '--columns is for --format csv');
  if (names.some((name) => name === '' || name === 'key') || new Set(names).size < names.length) {
    throw new AdastraError('invalid_options', '--columns wants distinct field names, without key');
  }
  return names;
}
