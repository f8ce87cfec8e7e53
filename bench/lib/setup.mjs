// Makes sure that what is to be measured is there: the peers of bench/package.json and our own build.
// What cannot be had is named with its reason; nothing is left out silently.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const isWindows = process.platform === 'win32';

function npm(args, cwd, log) {
  log(`$ npm ${args.join(' ')}   (in ${cwd})`);
  const result = spawnSync('npm', args, {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    shell: isWindows,
  });
  if (result.status !== 0) {
    const lines = `${result.stdout}${result.stderr}`.split('\n');
    const errors = lines.filter((line) => /error/i.test(line));
    log((errors.length > 0 ? errors : lines).slice(0, 20).join('\n')); // npm ends with its usage text
  }
  return result.status === 0;
}

function readJson(path) {
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined;
}

/** Every peer with the version that is installed, or undefined. */
export function installedPeers(benchDir) {
  const wanted = readJson(join(benchDir, 'package.json'));
  const names = Object.entries({ ...wanted.dependencies, ...wanted.optionalDependencies });
  return names.map(([name, version]) => {
    const installed = readJson(join(benchDir, 'node_modules', name, 'package.json'))?.version;
    return { name, version, installed };
  });
}

/** Installs the peers by the lock file, unless they are there at the right version. */
export function installPeers(benchDir, log) {
  // A peer that did not build is an optional dependency that npm left out: not tried again and again.
  const isOld = ({ version, installed }) => installed !== undefined && installed !== version;
  const peers = installedPeers(benchDir);
  const hasRun = existsSync(join(benchDir, 'node_modules/.package-lock.json'));
  if (hasRun && !peers.some(isOld)) return;
  if (!npm(['ci', '--legacy-peer-deps', '--no-audit', '--no-fund'], benchDir, log)) {
    log('npm ci failed: the peers that are missing are reported as not available');
  }
}

/** Builds dist/ if its entry point is missing. */
export function buildOurs(root, entry, log) {
  if (existsSync(entry)) return;
  npm(['run', 'build'], root, log);
}

/** Removes what an earlier run left; `keep` spares the fixtures of the peers, never our own. */
export function clearData(dataDir, keep) {
  for (const name of readdirSync(dataDir)) {
    const isPeerFixture = name.startsWith('fixture-') && !/^fixture-(sync-)?adastra/.test(name);
    if (name === 'lock' || (keep && isPeerFixture)) continue;
    rmSync(join(dataDir, name), { recursive: true, force: true });
  }
}

/** One benchmark at a time: returns the release, or throws with the pid of the other. */
export function takeLock(dataDir) {
  mkdirSync(dataDir, { recursive: true });
  const path = join(dataDir, 'lock');
  const holder = existsSync(path) ? Number(readFileSync(path, 'utf8')) : 0;
  if (holder > 0 && isAlive(holder))
    throw new Error(`another benchmark is running (pid ${holder})`);
  writeFileSync(path, String(process.pid));
  return () => rmSync(path, { force: true });
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
