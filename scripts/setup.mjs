/**
 * Makes a clone ready to run: installs the locked dependencies and builds `dist` when either is
 * missing or older than its source. Without dependencies, so that it works on a fresh clone. One line
 * a step on stderr; throws `SetupError` with a sentence for people when it cannot go on.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** Written by build.mjs as the last step of a good build. */
export const BUILD_STAMP = 'dist/.stamp';

const INSTALL_STAMP = 'node_modules/.adastra-stamp';
const OFFLINE = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ENOTCACHED/;

export class SetupError extends Error {}

/** Installs and builds what is missing or stale. */
export function setup() {
  ensureInstalled();
  ensureBuilt();
}

/** Whether node_modules holds what package-lock.json asks for. */
export function isInstalled(root = ROOT) {
  if (!existsSync(join(root, 'node_modules/typescript/package.json'))) return false;
  const lock = join(root, 'package-lock.json');
  const stamp = join(root, INSTALL_STAMP);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digestOf(lock)) return true;
  const installed = join(root, 'node_modules/.package-lock.json');
  return existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs;
}

/** Whether dist was built from the sources as they are now. */
export function isBuilt(root = ROOT) {
  const stamp = join(root, BUILD_STAMP);
  if (!existsSync(stamp)) return false;
  const builtMs = statSync(stamp).mtimeMs;
  const inputs = ['src', 'tsconfig.json', 'tsconfig.build.json'].map((name) => join(root, name));
  return inputs.every((path) => newestMs(path) <= builtMs);
}

/** `npm ci` unless node_modules fits the lock. */
export function ensureInstalled(root = ROOT) {
  requireNode();
  if (isInstalled(root)) return;
  refuseLinked(join(root, 'node_modules'));
  say('installing dependencies (npm ci), once …');
  const args = ['ci', '--include=dev', '--no-audit', '--no-fund'];
  const result = npm(args, root);
  if (result.error?.code === 'ENOENT') {
    throw new SetupError('npm was not found on the PATH: install Node.js 20.19 or newer with npm.');
  }
  if (result.status !== 0) throw new SetupError(explainInstall(result));
  writeFileSync(join(root, INSTALL_STAMP), digestOf(join(root, 'package-lock.json')));
  say('dependencies installed.');
}

/** `npm ci` empties the folder first: behind a link that is somebody else's. */
function refuseLinked(folder) {
  if (lstatSync(folder, { throwIfNoEntry: false })?.isSymbolicLink() !== true) return;
  throw new SetupError(
    `${folder} is a symbolic link: install where it points to, or remove the link.`,
  );
}

/** `npm run build` unless dist fits src. */
export function ensureBuilt(root = ROOT) {
  if (isBuilt(root)) return;
  say('building dist …');
  const script = join(root, 'scripts/build.mjs');
  const result = spawnSync(process.execPath, [script], { cwd: root, stdio: ['ignore', 2, 2] });
  if (result.status !== 0) throw new SetupError('the build failed: see the messages above.');
  say('built.');
}

/** Runs `main` after reporting a SetupError as one sentence instead of a stack. */
export async function runScript(main) {
  try {
    process.exitCode = (await main()) ?? 0;
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(error.message);
    process.exitCode = 1;
  }
}

function npm(args, cwd) {
  const options = { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] };
  const script = process.env.npm_execpath;
  if (script !== undefined && /npm-cli\.c?js$/.test(script) && existsSync(script)) {
    return spawnSync(process.execPath, [script, ...args], options);
  }
  return spawnSync('npm', args, { ...options, shell: process.platform === 'win32' });
}

function explainInstall(result) {
  const output = `${result.stdout ?? ''}${result.stderr ?? ''}`.trim();
  const tail = output.split('\n').slice(-15).join('\n');
  const advice = OFFLINE.test(output)
    ? 'the npm registry could not be reached: check the connection (or npm config get registry) and run this again.'
    : 'npm ci failed: run it by hand to see everything.';
  return `${tail}\n${advice}`;
}

function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  throw new SetupError(`Node.js 20.19 or newer is needed, this is ${process.versions.node}.`);
}

function newestMs(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return path.endsWith('.test.ts') ? 0 : stat.mtimeMs;
  // The directory's own time too: it changes when a file is removed.
  let newest = stat.mtimeMs;
  for (const name of readdirSync(path)) newest = Math.max(newest, newestMs(join(path, name)));
  return newest;
}

function digestOf(path) {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

function say(line) {
  process.stderr.write(`setup: ${line}\n`);
}

const invoked = process.argv[1];
if (invoked !== undefined && import.meta.url === pathToFileURL(invoked).href) {
  await runScript(() => setup());
}
