/**
 * Facts about this machine and process, read once; for messages, lock notes and `doctor`.
 */
import { hostname } from 'node:os';
import process from 'node:process';
import type { Host } from '../env.ts';

/** What the operating system says about itself. */
export function nodeHost(): Host {
  return { hostname: hostname(), platform: process.platform, pid: process.pid };
}
