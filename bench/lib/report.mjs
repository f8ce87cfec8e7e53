// The table a person reads: per row every contender with median, spread and ratios, then the bars.

import { judge } from './ratios.mjs';
import { countOf } from './rounds.mjs';

export function number(value) {
  if (value === undefined || !Number.isFinite(value)) return '–';
  if (value >= 100) return Math.round(value).toLocaleString('en');
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

export const times = (value) => (value === undefined ? '–' : `${value.toFixed(2)} ×`);

function namesOf(against, summary) {
  if (against === 'floor') return 'the floor';
  if (against === 'best') return 'the best peer';
  return (
    summary.lines.find(({ contender }) => contender.id === against)?.contender.label ?? against
  );
}

/** A bar in words, its measured number, and the verdict. */
export function barText({ bar, measured, reached }, summary) {
  const verdict = reached === undefined ? 'not measured' : reached ? 'reached' : 'MISSED';
  if (bar.atMost !== undefined) {
    const unit = summary.row.unit;
    return `≤ ${number(bar.atMost)} ${unit}: ${number(measured)} ${unit}, ${verdict}`;
  }
  const other = namesOf(bar.against, summary);
  if (bar.stated) return `ratio to ${other}: ${times(measured)} (stated, no bar)`;
  if (bar.atMostTimes !== undefined) {
    const used = measured === undefined ? undefined : 1 / measured;
    return `≤ ${bar.atMostTimes} × ${other}: ${times(used)}, ${verdict}`;
  }
  return `≥ ${Number(bar.atLeast.toFixed(3))} × ${other}: ${times(measured)}, ${verdict}`;
}

function extraText(extra) {
  if (extra === undefined) return '';
  return Object.entries(extra)
    .map(([name, value]) => `${name} ${number(value)}`)
    .join(', ');
}

/** Rows of cells of one summary, header first. */
export function cellsOf(summary) {
  const header = ['contender', `median ${summary.row.unit}`, 'min–max', '÷ floor', 'ours ÷ it', ''];
  const body = summary.lines.map((line) => {
    const { contender, problem, toFloor, oursTo, min, max } = line;
    if (line.median === undefined) {
      return [contender.label, 'not available', '', '', '', problem ?? ''];
    }
    const spread = `${number(min)}–${number(max)}`;
    const note = problem === undefined ? extraText(line.extra) : `a round failed: ${problem}`;
    return [contender.label, number(line.median), spread, times(toFloor), times(oursTo), note];
  });
  return [header, ...body];
}

/** The line above a row's table: question, size, direction. */
export function headline(summary, sizeName) {
  const { row } = summary;
  const size = row.sizes[sizeName];
  const reduced = summary.lines
    .filter(({ contender }) => contender.share !== undefined)
    .map(({ contender }) => `${contender.label}: ${countOf(contender, size).toLocaleString('en')}`);
  const extra = reduced.length === 0 ? '' : ` (${reduced.join('; ')})`;
  return `${row.question}. N = ${size.n.toLocaleString('en')}${extra}; ${row.better} is better`;
}

export function stealText({ max, flagged }) {
  const flag = flagged.length === 0 ? '' : `; FLAGGED, over 5 % in round ${flagged.join(', ')}`;
  return `CPU steal at most ${max.toFixed(1)} %${flag}`;
}

function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => (i === 0 || i === 5 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `  ${line}`)
    .join('\n');
}

/** The whole report as text. */
export function report(summaries, sizeName) {
  return summaries
    .map((summary) =>
      [
        `${summary.row.name}: ${headline(summary, sizeName)}`,
        table(cellsOf(summary)),
        ...judge(summary).map((verdict) => `  bar ${barText(verdict, summary)}`),
        `  ${stealText(summary.steal)}`,
      ].join('\n'),
    )
    .join('\n\n');
}
