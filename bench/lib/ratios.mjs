// From cells to numbers. A ratio is taken per round and then its median over the rounds, never as a
// ratio of medians: the machine drifts between rounds by more than the differences looked for.
// Every ratio is > 1 where the first of the two is ahead, for times and sizes too.

const STEAL_PERCENT_MAX = 5;

export function median(numbers) {
  if (numbers.length === 0) return undefined;
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function valuesOf(cells) {
  return cells.filter((cell) => cell !== undefined).map((cell) => cell.value);
}

/** Median over rounds of how far `a` is ahead of `b`; undefined where no round has both. */
export function ratio(better, a, b) {
  const perRound = [];
  for (let round = 0; round < Math.max(a.length, b.length); round += 1) {
    if (a[round] === undefined || b[round] === undefined) continue;
    const quotient = a[round].value / b[round].value;
    perRound.push(better === 'higher' ? quotient : 1 / quotient);
  }
  return median(perRound);
}

/** Everything that a table or the JSON needs of one row. */
export function summarize({ row, contenders, cells, problems }) {
  const find = (role) => contenders.find((contender) => contender.role === role);
  const cellsOf = (contender) => (contender === undefined ? [] : cells.get(contender.id));
  const ours = cellsOf(find('ours'));
  const floor = cellsOf(find('floor'));
  const lines = contenders.map((contender) => {
    const mine = cellsOf(contender);
    const values = valuesOf(mine);
    return {
      contender,
      median: median(values),
      min: Math.min(...values),
      max: Math.max(...values),
      extra: mine.findLast((cell) => cell !== undefined)?.extra,
      toFloor: ratio(row.better, mine, floor),
      oursTo: contender.role === 'ours' ? undefined : ratio(row.better, ours, mine),
      problem: problems.get(contender.id),
    };
  });
  const toPeers = lines.filter(
    ({ contender, oursTo }) => contender.role === 'peer' && oursTo !== undefined,
  );
  return {
    row,
    lines,
    ours: median(valuesOf(ours)),
    floor: median(valuesOf(floor)),
    floorRatio: ratio(row.better, ours, floor),
    // The best peer is the one that we are least ahead of.
    bestPeerRatio:
      toPeers.length === 0 ? undefined : Math.min(...toPeers.map((line) => line.oursTo)),
    steal: stealOf(contenders, cells),
  };
}

/** Per round, the highest steal of any process of the row; flagged above 5 %. */
function stealOf(contenders, cells) {
  const perRound = [];
  for (const { id } of contenders) {
    cells.get(id).forEach((cell, round) => {
      if (cell?.steal !== undefined) perRound[round] = Math.max(perRound[round] ?? 0, cell.steal);
    });
  }
  const flagged = perRound.flatMap((percent, round) =>
    percent > STEAL_PERCENT_MAX ? [round + 1] : [],
  );
  return { max: Math.max(0, ...perRound.filter((percent) => percent !== undefined)), flagged };
}

/** Each bar of a row with its measured number and whether it is reached (undefined: not known). */
export function judge(summary) {
  return summary.row.bars.map((bar) => {
    if (bar.atMost !== undefined) {
      const measured = summary.ours;
      return {
        bar,
        measured,
        reached: measured === undefined ? undefined : measured <= bar.atMost,
      };
    }
    const measured = ratioOf(summary, bar.against);
    const least = bar.atLeast ?? 1 / bar.atMostTimes;
    const reached = bar.stated || measured === undefined ? undefined : measured >= least;
    return { bar, measured, reached };
  });
}

function ratioOf(summary, against) {
  if (against === 'floor') return summary.floorRatio;
  if (against === 'best') return summary.bestPeerRatio;
  return summary.lines.find(({ contender }) => contender.id === against)?.oursTo;
}

/** The row of the machine-readable output; null stands for "not available", never for zero. */
export function toJson(summary) {
  const round = (value) => (value === undefined ? null : Number(value.toPrecision(6)));
  const peers = {};
  for (const { contender, median: value } of summary.lines) {
    if (contender.role === 'peer') peers[contender.id] = round(value);
  }
  return {
    name: summary.row.name,
    unit: summary.row.unit,
    ours: round(summary.ours),
    floor: round(summary.floor),
    peers,
    bestPeerRatio: round(summary.bestPeerRatio),
    floorRatio: round(summary.floorRatio),
  };
}
