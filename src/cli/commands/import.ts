/**
 * `adastra import FILE|-`: writes the rows of a file, a chunk a commit, and goes on where it was
 * after a crash or Ctrl-C when run again. With `--json` one line for each acknowledged chunk, then
 * the report. See import/import-run.ts for how it knows where it was.
 */
import { type CommandCall, type CommandSpec, wanted } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { type ImportReport, importRows } from '../import/import-run.ts';
import { importIdOf, importSource } from '../import/import-source.ts';
import { csvReader, plainReader, type RowReader, templateReader } from '../import/key-template.ts';
import { formatOf, readRows, ROW_FORMATS, type RowFormat } from '../import/rows.ts';
import { showProgress } from '../progress.ts';
import { duration, grouped } from '../tables.ts';
import { quoteArguments } from '../tokenizer.ts';

const CHUNK_ROWS = 1000;

/** `import FILE|-` */
export const importCommand: CommandSpec = {
  name: 'import',
  about: 'load NDJSON, a JSON array or CSV; can be resumed',
  arguments: [{ name: '<file>', about: 'a file, or - for stdin' }],
  options: [
    {
      flags: '--key <template>',
      about: 'key of a row from its fields (default: rows as export writes)',
    },
    { flags: '--format <format>', about: 'ndjson, json or csv (default: from the file name)' },
    { flags: '--chunk <rows>', about: `rows in one commit (default: ${CHUNK_ROWS})` },
    { flags: '--on-duplicate <rule>', about: 'first or last row of a key counts (default: stop)' },
    { flags: '--id <name>', about: 'name of this import, to resume one from stdin' },
  ],
  examples: [
    "import cities.json --key 'city/{country}/{name}/{lat},{lng}'",
    'import backup.ndjson',
    'import - --format csv --key user/{id} --id users-2026 < users.csv',
  ],
  endsItself: true,
  run: runImport,
};

async function runImport(call: CommandCall): Promise<number> {
  const { options, output, session, signal, terminal } = call;
  const name = wanted(call, 0);
  const template = options.text('key');
  const format = options.choice('format', ROW_FORMATS) ?? formatOf(name);
  const chunkRows = options.whole('chunk', 1) ?? CHUNK_ROWS;
  const onDuplicate = options.choice('onDuplicate', ['first', 'last'] as const) ?? 'stop';
  const reader = readerFor(template, format);
  const source = importSource(terminal, name);
  const manner = [template, format, chunkRows, onDuplicate];
  const id = options.text('id') ?? importIdOf(source, manner);
  const node = await session.openOrCreate((nodeId) =>
    output.note(`made ${session.dataDir} (node ${nodeId})`),
  );
  const progress = showProgress(terminal, output, {
    label: 'import',
    total: source.bytes,
    unit: 'rows',
  });
  let rows = 0;
  const startedMs = performance.now();
  const report = await importRows(node, {
    id,
    rows: readRows(
      source.blocks((bytes) => progress.update(bytes, rows)),
      format,
    ),
    reader,
    chunkRows,
    onDuplicate,
    signal,
    onChunk: async ({ chunk, rows: chunkRowsIn, seq, replayed }) => {
      rows += chunkRowsIn;
      if (!output.json) return;
      await output.object({ chunk, rows: chunkRowsIn, seq, replayed });
      await output.flush();
    },
  }).finally(() => progress.stop());
  return finish(call, report, performance.now() - startedMs);
}

function readerFor(template: string | undefined, format: RowFormat): RowReader {
  if (template !== undefined) return templateReader(template);
  return format === 'csv' ? csvReader : plainReader;
}

async function finish(call: CommandCall, report: ImportReport, ms: number): Promise<number> {
  const { output, options, argv } = call;
  await output.result(report, () => describe(report, ms));
  if (report.isComplete) return EXIT.ok;
  const isResumable = call.args[0] !== '-' || options.text('id') !== undefined;
  output.note(
    isResumable
      ? `interrupted; this resumes it: adastra ${quoteArguments(argv)}`
      : 'interrupted; an import from stdin can only be resumed if it was given an --id',
  );
  return EXIT.interrupted;
}

function describe(report: ImportReport, ms: number): string {
  const rate = grouped(Math.round(report.rows / Math.max(ms / 1000, 0.001)));
  const resumed =
    report.resumedChunks === 0 ? '' : `, ${report.resumedChunks} of them by an earlier run`;
  const twice =
    report.duplicates === 0 ? '' : `; ${grouped(report.duplicates)} rows had the key of another`;
  const verb = report.isComplete ? 'imported' : 'imported so far';
  return `${verb} ${grouped(report.rows)} rows in ${grouped(report.chunks)} chunks${resumed}, in ${duration(ms)} (${rate}/s), seq ${report.seq}${twice}`;
}
