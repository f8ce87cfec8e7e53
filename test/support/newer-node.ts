/**
 * Another major of Node, from npm (`node@22`), for tests that run the same under two. In the short
 * run only if npm has it already.
 */
import { spawnSync } from 'node:child_process';
import { LONG } from './long.ts';

const NEWER = ['22', '24'].find((major) => major > process.versions.node.slice(0, 2)) ?? '24';
/** What would fetch it. */
export const NEWER_NODE_COMMAND: string = `npx -y node@${NEWER} --version`;

/** Path of the newer Node; `undefined` where there is none. */
export function newerNode(): string | undefined {
  const offline = LONG ? [] : ['--offline'];
  const script = ['-y', ...offline, `node@${NEWER}`, '-p', 'process.execPath'];
  const found = spawnSync('npx', script, { encoding: 'utf8', timeout: 120_000 });
  return found.status === 0 ? found.stdout.trim() : undefined;
}
