// What machine this is, and how much of it the host took away while something ran.

import { readFileSync } from 'node:fs';
import { arch, cpus, platform, release, totalmem } from 'node:os';
import { execFileSync } from 'node:child_process';

const STEAL_FIELD = 7; // user nice system idle iowait irq softirq steal
const GIBIBYTE = 1024 ** 3;

/** A reading of /proc/stat; undefined where there is none (not Linux). */
export function readJiffies() {
  let line;
  try {
    line = readFileSync('/proc/stat', 'latin1').split('\n', 1)[0];
  } catch {
    return undefined;
  }
  const fields = line.trim().split(/\s+/).slice(1, 9).map(Number);
  return { steal: fields[STEAL_FIELD] ?? 0, total: fields.reduce((a, b) => a + b, 0) };
}

/** Share of all jiffies stolen between two readings, in percent. */
export function stealPercent(before, after) {
  if (before === undefined || after === undefined) return undefined;
  const total = after.total - before.total;
  return total === 0 ? 0 : ((after.steal - before.steal) / total) * 100;
}

function run(command, args) {
  try {
    return execFileSync(command, args, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return 'unknown';
  }
}

/** One line about the machine, its disk under `dir`, and Node. */
export function describeMachine(dir) {
  const all = cpus();
  const memory = `${Math.round(totalmem() / GIBIBYTE)} GiB`;
  const disk = run('df', ['--output=source,fstype', dir]).split('\n').at(-1)?.replace(/\s+/g, ' ');
  return [
    `${all.length} × ${all[0]?.model ?? 'unknown CPU'}`,
    memory,
    `${platform()} ${release()} ${arch()}`,
    `disk ${disk}`,
    `Node ${process.versions.node}`,
  ].join(', ');
}

/** Short hash of the commit that was measured, with `+` where the tree had changes. */
export function describeCommit(root) {
  const hash = run('git', ['-C', root, 'rev-parse', '--short', 'HEAD']);
  if (hash === 'unknown') return 'none yet';
  const dirty = run('git', ['-C', root, 'status', '--porcelain', '--', 'src', 'package.json']);
  return dirty === '' ? hash : `${hash}+`;
}
