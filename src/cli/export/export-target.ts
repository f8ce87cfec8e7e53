/**
 * Where an export goes: stdout, or a file that is written aside, flushed, and renamed into place,
 * so that its name never stands for half an export.
 */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { resolve } from 'node:path';
import process from 'node:process';
import { AdastraError } from '../../core/index.ts';
import type { CommandCall } from '../command.ts';
import type { Output } from '../output.ts';

const BLOCK_CHARACTERS = 64 * 1024;

/** Takes text; exactly one of `finish` and `discard` ends it. */
export interface ExportTarget {
  write(text: string): Promise<void>;
  finish(): Promise<void>;
  discard(): void;
}

/** The target of one run: `-o FILE`, else stdout. */
export function exportTarget({ options, output, terminal }: CommandCall): ExportTarget {
  const name = options.text('output');
  if (name === undefined || name === '-') return new StdoutTarget(output);
  return new FileTarget(resolve(terminal.cwd, name));
}

class StdoutTarget implements ExportTarget {
  readonly #output: Output;

  constructor(output: Output) {
    this.#output = output;
  }

  write(text: string): Promise<void> {
    return this.#output.text(text);
  }

  finish(): Promise<void> {
    return this.#output.flush();
  }

  discard(): void {}
}

class FileTarget implements ExportTarget {
  readonly #path: string;
  readonly #partial: string;
  readonly #descriptor: number;
  #pending = '';

  constructor(path: string) {
    this.#path = path;
    this.#partial = `${path}.partial-${process.pid}`;
    this.#descriptor = attempt(path, () => openSync(this.#partial, 'w', 0o600));
  }

  async write(text: string): Promise<void> {
    this.#pending += text;
    if (this.#pending.length >= BLOCK_CHARACTERS) attempt(this.#path, () => this.#flush());
  }

  async finish(): Promise<void> {
    attempt(this.#path, () => {
      this.#flush();
      fsyncSync(this.#descriptor);
      closeSync(this.#descriptor);
      renameSync(this.#partial, this.#path);
    });
  }

  discard(): void {
    try {
      closeSync(this.#descriptor);
    } catch {
      // Closed before the rename failed.
    }
    rmSync(this.#partial, { force: true });
  }

  #flush(): void {
    const bytes = Buffer.from(this.#pending);
    this.#pending = '';
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#descriptor, bytes, at);
  }
}

function attempt<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'ENOSPC') throw new AdastraError('disk_full', `no space for ${path}`, { cause });
    if (code === 'EACCES' || code === 'EROFS') {
      throw new AdastraError('permission_denied', `${path} cannot be written`, { cause });
    }
    throw new AdastraError('io_error', `${path} cannot be written: ${message}`, { cause });
  }
}
