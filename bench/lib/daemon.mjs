// A daemon as its users run it: `adastra serve` or `adastra read` of the build, a process of its own.

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { entryPoint } from '../contenders/adastra.mjs';

const STOP_MS_MAX = 60_000;

/** A module of the build beside the entry point. */
export const builtModule = (path) => new URL(path, pathToFileURL(entryPoint()));

/** Starts `adastra COMMAND …`; resolves when it says that it is ready. */
export async function startDaemon(args) {
  const main = fileURLToPath(builtModule('../cli/main.js'));
  const child = spawn(process.execPath, [main, ...args, '--json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  // A worker that fails takes its daemons with it.
  process.once('exit', () => child.kill('SIGKILL'));
  let said = '';
  child.stderr.on('data', (chunk) => (said = (said + chunk).slice(-4_000)));
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const first = await Promise.race([lines.next(), ended.then(() => ({ done: true }))]);
  if (first.done) throw new Error(`adastra ${args[0]} ended at once: ${said}`);
  const { url } = JSON.parse(first.value);
  return {
    url,
    port: Number(new URL(url).port),
    /** Megabytes: now, or the most it ever had. */
    rssMB: () => memoryMB(child.pid, 'VmRSS'),
    highMB: () => memoryMB(child.pid, 'VmHWM'),
    async stop() {
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS_MAX);
      child.kill('SIGTERM');
      const code = await ended;
      clearTimeout(timer);
      if (code !== 0) throw new Error(`adastra ${args[0]} ended with ${code}: ${said}`);
    },
  };
}

/** Starts a daemon, does `job` with it, ends it whatever happens. */
export async function withDaemon(args, job) {
  const daemon = await startDaemon(args);
  let result;
  try {
    result = await job(daemon);
  } catch (error) {
    await daemon.stop().catch(() => {});
    throw error;
  }
  await daemon.stop();
  return result;
}

function memoryMB(pid, field) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)[1]) / 1_000;
}
