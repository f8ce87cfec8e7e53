/**
 * A writer and a reader over one memory disk: the writer's engine, a follower of its directory, and
 * a watch in between that the test holds in its hand.
 */
import type { MemoryEnv } from '../../src/env/memory/index.ts';
import {
  type Engine,
  type Follower,
  type Logger,
  Mirror,
  type NodeOptions,
  openFollower,
  resolveOptions,
  type SourceListener,
  type SourceWatch,
} from '../../src/engine/index.ts';
import type { LocalRemoteLog } from './local-remote-log.ts';
import { NODE_DIRECTORY } from './memory-node.ts';

export const READER_DIRECTORY = '/reader';

/** Tells what the test wants told. */
export class HandWatch implements SourceWatch {
  listener: SourceListener | undefined;
  #end: (() => void) | undefined;

  start(listener: SourceListener): void {
    this.listener = listener;
  }

  /** Tells of a writer from now on, as its socket would. */
  connect(writer: Engine): void {
    this.#end?.();
    const tell = (): void => this.listener?.told(writer.logFiles.position);
    this.#end = writer.logFiles.listen(tell);
    tell();
  }

  disconnect(): void {
    this.#end?.();
    this.#end = undefined;
    this.listener?.lost('the test says so');
  }

  close(): void {
    this.#end?.();
    this.listener = undefined;
  }
}

/** A logger that remembers. */
export function remembering(): { logger: Logger; lines: string[] } {
  const lines: string[] = [];
  const note =
    (level: string) =>
    (message: string): void => {
      lines.push(`${level} ${message}`);
    };
  const logger = {
    debug: note('debug'),
    info: note('info'),
    warn: note('warn'),
    error: note('error'),
  };
  return { logger, lines };
}

export interface OpenedReader {
  readonly reader: Follower;
  readonly watch: HandWatch;
  readonly lines: string[];
}

/** Opens a follower of the writer's directory. */
export async function openReader(
  env: MemoryEnv,
  options: Partial<NodeOptions> = {},
  {
    dataDir = READER_DIRECTORY,
    follows = NODE_DIRECTORY,
  }: { readonly dataDir?: string; readonly follows?: string } = {},
): Promise<OpenedReader> {
  const watch = new HandWatch();
  const { logger, lines } = remembering();
  const resolved = resolveOptions({ dataDir, readOnly: true, logger, ...options });
  const source = { kind: 'directory', path: follows } as const;
  const reader = await openFollower(env, { dataDir, source, watch, options: resolved });
  return { reader, watch, lines };
}

/** Lets virtual time pass until it holds; throws where it never does. */
export async function until(env: MemoryEnv, holds: () => boolean, limitMs = 60_000): Promise<void> {
  for (let ms = 0; ms < limitMs; ms += 10) {
    if (holds()) return;
    await settle();
    env.timers.advance(10);
  }
  if (!holds()) throw new Error('it never came to that');
}

/** Real turns of the event loop: what waits for promises goes on. */
export async function settle(turns = 3): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
}

export interface OpenedMirror {
  readonly reader: Follower;
  readonly remote: LocalRemoteLog;
  readonly lines: string[];
}

/** Opens a follower of a log on another machine, which is copied to this one. */
export async function openMirror(
  env: MemoryEnv,
  remote: LocalRemoteLog,
  options: Partial<NodeOptions> = {},
  dataDir: string = READER_DIRECTORY,
): Promise<OpenedMirror> {
  const { logger, lines } = remembering();
  const resolved = resolveOptions({ dataDir, readOnly: true, logger, ...options });
  const source = { kind: 'url', url: 'https://writer.example' } as const;
  const watch = new Mirror({ env, dataDir, remote, logger });
  const reader = await openFollower(env, { dataDir, source, watch, options: resolved });
  return { reader, remote, lines };
}
