// Writes docs/benchmarks.md from a run. The notes between the two markers are written by hand and
// survive: for each missed bar by how much, why (a profile) and what would be needed.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { judge } from './ratios.mjs';
import { barText, cellsOf, headline, number, stealText, times } from './report.mjs';

const BEGIN = '<!-- notes: by hand, kept by the next run -->';
const END = '<!-- end of notes -->';
const NO_NOTES = '\nNo notes yet.\n';

function keptNotes(path) {
  const old = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const start = old.indexOf(BEGIN);
  const end = old.indexOf(END);
  return start < 0 || end < start ? NO_NOTES : old.slice(start + BEGIN.length, end);
}

function markdownTable(rows) {
  const escape = (cell) => cell.replaceAll('|', '\\|');
  const [header, ...body] = rows.map((row) => `| ${row.map(escape).join(' | ')} |`);
  return [header, `| --- |${' ---: |'.repeat(4)} --- |`, ...body].join('\n');
}

function overview(summaries) {
  const rows = summaries.map((summary) => {
    const verdicts = judge(summary).map((verdict) => barText(verdict, summary));
    const { row, ours, floor, floorRatio, bestPeerRatio } = summary;
    const numbers = [
      `${number(ours)} ${row.unit}`,
      number(floor),
      times(floorRatio),
      times(bestPeerRatio),
    ];
    return `| \`${row.name}\` | ${numbers.join(' | ')} | ${verdicts.join('<br>')} |`;
  });
  const header = '| row | ours | floor | ÷ floor | ÷ best peer | bars |';
  return [header, '| --- | ---: | ---: | ---: | ---: | --- |', ...rows].join('\n');
}

function section(summary, sizeName) {
  return [
    `### ${summary.row.name}`,
    `${headline(summary, sizeName)}. ${stealText(summary.steal)}.`,
    markdownTable(cellsOf(summary)),
  ].join('\n\n');
}

/** Writes the page. `about` holds machine, date, command, commit, rounds and peer versions. */
export function writeDocs(path, summaries, { sizeName, ...about }) {
  const quick =
    sizeName === 'quick'
      ? '\n\n**A quick run: smaller N and few rounds. The bars are meant for the full sizes.**'
      : '';
  const text = `# Benchmarks

Written by \`npm run bench -- --write-docs\`; how it measures and how to read it: \`bench/README.md\`.

- Machine: ${about.machine}
- Date: ${about.date}
- Command: \`${about.command}\`
- Commit: ${about.commit}
- Rounds: ${about.rounds}, interleaved; one process per round, row and contender
- Peers: ${about.peers}

A ratio is taken within each round, then its median; above 1 we are ahead, for times and sizes too.${quick}

## Bars

${overview(summaries)}

## Notes

${BEGIN}${keptNotes(path)}${END}

## Rows

${summaries.map((summary) => section(summary, sizeName)).join('\n\n')}
`;
  writeFileSync(path, text);
}
