/**
 * The contract of `File`: bytes in, bytes out, at positions; syncs that end once.
 */
import type { Env, File } from '../env/index.ts';
import { check, checkEqual, checkThrows } from './contract-case.ts';
import type { EnvCase, EnvUnderTest } from './env-case.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function writeAll(file: File, content: Uint8Array, position = 0): void {
  let done = 0;
  while (done < content.length) {
    done += file.write(content, done, content.length - done, position + done);
  }
}

function readText(file: File): string {
  const target = new Uint8Array(file.stat().sizeBytes);
  let done = 0;
  while (done < target.length) {
    const count = file.read(target, done, target.length - done, done);
    check(count > 0, 'a read before the end gives something');
    done += count;
  }
  return new TextDecoder().decode(target);
}

/** Runs `body` with a new file, and closes it. */
function withFile(world: EnvUnderTest, body: (file: File, path: string, env: Env) => void): void {
  const { env, directory } = world;
  const path = env.fs.resolve(directory, 'file');
  const file = env.fs.open(path, 'create');
  body(file, path, env);
  file.close();
}

function syncTurn(file: File, events: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    file.syncAsync((error) => {
      events.push('done');
      if (error === undefined) resolve();
      else reject(error);
    });
    events.push('returned');
  });
}

/** Cases about open files. */
export const fileCases: readonly EnvCase[] = [
  {
    name: 'file: what was written is read back, at any position, by any handle',
    run: (world) =>
      withFile(world, (file, path, { fs }) => {
        writeAll(file, bytes('hello world'));
        writeAll(file, bytes('WORLD'), 6);
        checkEqual(readText(file), 'hello WORLD', 'content');
        const other = fs.open(path, 'read');
        checkEqual(readText(other), 'hello WORLD', 'content by another handle');
        other.close();
      }),
  },
  {
    name: 'file: offset and length choose the part of the array',
    run: (world) =>
      withFile(world, (file) => {
        checkEqual(file.write(bytes('abcdef'), 2, 3, 0), 3, 'bytes written');
        const target = bytes('------');
        checkEqual(file.read(target, 1, 2, 1), 2, 'bytes read');
        checkEqual(new TextDecoder().decode(target), '-de---', 'target');
      }),
  },
  {
    name: 'file: reads end short at the end of the file, then give 0',
    run: (world) =>
      withFile(world, (file) => {
        const target = new Uint8Array(10);
        checkEqual(file.read(target, 0, 10, 0), 0, 'read of an empty file');
        writeAll(file, bytes('abc'));
        checkEqual(file.read(target, 0, 10, 1), 2, 'read across the end');
        checkEqual(file.read(target, 0, 10, 3), 0, 'read at the end');
        checkEqual(file.read(target, 0, 10, 99), 0, 'read behind the end');
      }),
  },
  {
    name: 'file: a write behind the end leaves zeros between, also after a cut',
    run: (world) =>
      withFile(world, (file) => {
        writeAll(file, bytes('abcdef'));
        file.truncate(2);
        writeAll(file, bytes('z'), 5_000);
        checkEqual(file.stat().sizeBytes, 5_001, 'size');
        const target = new Uint8Array(5_001);
        checkEqual(file.read(target, 0, 5_001, 0), 5_001, 'bytes read');
        check(
          target.subarray(2, 5_000).every((byte) => byte === 0),
          'zeros between',
        );
        checkEqual([target[1], target[5_000]], [98, 122], 'bytes around the gap');
      }),
  },
  {
    name: 'file: truncate cuts and grows by zeros',
    run: (world) =>
      withFile(world, (file) => {
        writeAll(file, bytes('abcdef'));
        file.truncate(3);
        checkEqual(readText(file), 'abc', 'cut');
        file.truncate(5);
        checkEqual(readText(file), 'abc\0\0', 'grown');
      }),
  },
  {
    name: 'file: stat follows the open file through a rename and a removal',
    run: (world) =>
      withFile(world, (file, path, { fs }) => {
        const { inode } = file.stat();
        writeAll(file, bytes('abc'));
        fs.rename(path, `${path}2`);
        fs.removeFile(`${path}2`);
        writeAll(file, bytes('d'), 3);
        checkEqual(readText(file), 'abcd', 'content without a name');
        checkEqual(file.stat().inode, inode, 'inode');
        checkEqual(file.stat().kind, 'file', 'kind');
      }),
  },
  {
    name: 'file: sync returns, with and without changes',
    run: (world) =>
      withFile(world, (file) => {
        file.sync();
        writeAll(file, bytes('abc'));
        file.sync();
        checkEqual(readText(file), 'abc', 'content');
      }),
  },
  {
    name: 'file: syncAsync calls back exactly once and never inside the call',
    run: async ({ env, directory }) => {
      const file = env.fs.open(env.fs.resolve(directory, 'file'), 'create');
      const events: string[] = [];
      for (let round = 0; round < 3; round++) {
        writeAll(file, bytes('abc'), round * 3);
        await syncTurn(file, events);
      }
      await Promise.all([syncTurn(file, events), syncTurn(file, events)]);
      file.close();
      await new Promise<void>((resolve) => env.timers.soon(resolve));
      const turn = ['returned', 'done'];
      const both = ['returned', 'returned', 'done', 'done'];
      checkEqual(events, [...turn, ...turn, ...turn, ...both], 'events');
    },
  },
  {
    name: 'file: a background sync outlives close; one of a closed file fails by callback',
    run: async ({ env, directory }) => {
      const file = env.fs.open(env.fs.resolve(directory, 'file'), 'create');
      const events: string[] = [];
      const running = syncTurn(file, events);
      file.close();
      await running;
      const refused = await syncTurn(file, events).catch((error: { code?: string }) => error.code);
      checkEqual(refused, 'EBADF', 'code');
      checkEqual(events, ['returned', 'done', 'returned', 'done'], 'events');
    },
  },
  {
    name: 'file: a closed file refuses everything with EBADF',
    run: (world) => {
      let closed: File | undefined;
      withFile(world, (file) => {
        closed = file;
      });
      const file = closed as unknown as File;
      const target = new Uint8Array(1);
      checkThrows('EBADF', () => file.read(target, 0, 1, 0));
      checkThrows('EBADF', () => file.write(target, 0, 1, 0));
      checkThrows('EBADF', () => file.sync());
      checkThrows('EBADF', () => file.truncate(0));
      checkThrows('EBADF', () => file.stat());
      checkThrows('EBADF', () => file.close());
    },
  },
  {
    name: 'file: one opened to read cannot be written',
    run: (world) =>
      withFile(world, (_, path, { fs }) => {
        const file = fs.open(path, 'read');
        checkThrows('EBADF', () => file.write(bytes('a'), 0, 1, 0));
        file.close();
      }),
  },
];
