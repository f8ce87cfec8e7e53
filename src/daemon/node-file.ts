/**
 * `node.json` in a data directory: which process has the node open and where its socket is. It is a
 * hint, written whole or not at all, never proof: a process that was killed leaves it behind, and a
 * copied directory has one of somebody else. Who attaches asks the socket which directory it
 * serves.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const NAME = 'node.json';
const BYTES_MAX = 64 * 1024;

/** What a running node says of its process. */
export interface NodeFile {
  readonly pid: number;
  /** Path of the socket, or name of the pipe. */
  readonly socket: string;
  readonly startedAtMs: number;
  /** Which directory it serves, whatever its path: device and inode. */
  readonly directory: string;
  readonly nodeId: string;
  readonly fingerprint: string;
  readonly worldId: string;
  readonly version: string;
  /** `host:port` for other nodes, once the transport listens. */
  readonly address?: string;
  /** Where it serves HTTP over TCP. */
  readonly url?: string;
}

/** What names a directory for as long as it exists. */
export function directoryIdentity(dataDir: string): string {
  const { dev, ino } = statSync(dataDir, { bigint: true });
  return `${dev}:${ino}`;
}

/** Replaces the file, atomically; 0600. */
export function writeNodeFile(dataDir: string, file: NodeFile): void {
  const aside = join(dataDir, `${NAME}.${randomBytes(6).toString('hex')}`);
  try {
    writeFileSync(aside, `${JSON.stringify(file)}\n`, { mode: 0o600, flag: 'wx' });
    renameSync(aside, join(dataDir, NAME));
  } catch (error) {
    rmSync(aside, { force: true });
    throw error;
  }
}

/** What it says; `undefined` where there is none or it is not one. Never throws. */
export function readNodeFile(dataDir: string): NodeFile | undefined {
  try {
    const path = join(dataDir, NAME);
    if (statSync(path).size > BYTES_MAX) return undefined;
    return checked(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return undefined;
  }
}

/** Removes it if it is the one of this process. */
export function removeNodeFile(dataDir: string, own: NodeFile): void {
  const found = readNodeFile(dataDir);
  if (found?.pid !== own.pid || found.startedAtMs !== own.startedAtMs) return;
  rmSync(join(dataDir, NAME), { force: true });
}

/** `json` if it is what a running node says of itself. */
export function checked(json: unknown): NodeFile | undefined {
  if (typeof json !== 'object' || json === null) return undefined;
  const file = json as Record<string, unknown>;
  const texts = ['socket', 'directory', 'nodeId', 'fingerprint', 'worldId', 'version'];
  const isWhole =
    texts.every((name) => typeof file[name] === 'string') &&
    Number.isSafeInteger(file['pid']) &&
    typeof file['startedAtMs'] === 'number' &&
    (file['address'] === undefined || typeof file['address'] === 'string') &&
    (file['url'] === undefined || typeof file['url'] === 'string');
  return isWhole ? (json as NodeFile) : undefined;
}
