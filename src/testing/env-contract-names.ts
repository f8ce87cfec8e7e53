/**
 * The contract of `FileSystem`: names, kinds, codes of refusals, and the lock.
 */
import type { FileSystem } from '../env/index.ts';
import { check, checkEqual, checkRejects, checkThrows } from './contract-case.ts';
import type { EnvCase, EnvUnderTest } from './env-case.ts';

function makeFile(fs: FileSystem, path: string, content = ''): void {
  const file = fs.open(path, 'create');
  const bytes = new TextEncoder().encode(content);
  if (bytes.length > 0) file.write(bytes, 0, bytes.length, 0);
  file.close();
}

function contentOf(fs: FileSystem, path: string): string {
  const file = fs.open(path, 'read');
  const bytes = new Uint8Array(1_000);
  const count = file.read(bytes, 0, 1_000, 0);
  file.close();
  return new TextDecoder().decode(bytes.subarray(0, count));
}

/** The file system of a world and a maker of paths in its directory. */
function placesOf({ env, directory }: EnvUnderTest): {
  fs: FileSystem;
  at: (name: string) => string;
} {
  return { fs: env.fs, at: (name) => env.fs.resolve(directory, name) };
}

/** Cases about names. */
export const nameCases: readonly EnvCase[] = [
  {
    name: 'open: create wants nothing there, the others want a file',
    run: (world) => {
      const { fs, at } = placesOf(world);
      checkThrows('ENOENT', () => fs.open(at('a'), 'read'));
      checkThrows('ENOENT', () => fs.open(at('a'), 'readWrite'));
      makeFile(fs, at('a'), 'one');
      checkThrows('EEXIST', () => fs.open(at('a'), 'create'));
      const file = fs.open(at('a'), 'readWrite');
      file.write(new TextEncoder().encode('O'), 0, 1, 0);
      file.close();
      checkEqual(contentOf(fs, at('a')), 'One', 'content');
    },
  },
  {
    name: 'open: no parent, a file as parent, a directory in place of a file',
    run: (world) => {
      const { fs, at } = placesOf(world);
      makeFile(fs, at('file'));
      fs.makeDirectory(at('directory'));
      checkThrows('ENOENT', () => fs.open(at('none/a'), 'create'));
      checkThrows('ENOTDIR', () => fs.open(at('file/a'), 'create'));
      checkThrows('EISDIR', () => fs.open(at('directory'), 'read'));
      checkThrows('EISDIR', () => fs.open(at('directory'), 'readWrite'));
      checkThrows('EEXIST', () => fs.open(at('directory'), 'create'));
    },
  },
  {
    name: 'makeDirectory: EEXIST over anything, ENOENT without a parent',
    run: (world) => {
      const { fs, at } = placesOf(world);
      fs.makeDirectory(at('a'));
      fs.makeDirectory(at('a/b'));
      makeFile(fs, at('file'));
      checkThrows('EEXIST', () => fs.makeDirectory(at('a')));
      checkThrows('EEXIST', () => fs.makeDirectory(at('file')));
      checkThrows('ENOENT', () => fs.makeDirectory(at('none/b')));
      checkThrows('ENOTDIR', () => fs.makeDirectory(at('file/b')));
    },
  },
  {
    name: 'list: sorted by code unit; ENOENT and ENOTDIR',
    run: (world) => {
      const { fs, at } = placesOf(world);
      checkEqual(fs.list(at('.')), [], 'empty directory');
      for (const name of ['b', 'a', 'B', '10', '9', 'é', 'z']) makeFile(fs, at(name));
      fs.makeDirectory(at('c'));
      checkEqual(fs.list(at('.')), ['10', '9', 'B', 'a', 'b', 'c', 'z', 'é'], 'names');
      checkThrows('ENOENT', () => fs.list(at('none')));
      checkThrows('ENOTDIR', () => fs.list(at('a')));
    },
  },
  {
    name: 'stat: kinds, sizes, undefined where nothing is',
    run: (world) => {
      const { fs, at } = placesOf(world);
      makeFile(fs, at('file'), 'abc');
      fs.makeDirectory(at('directory'));
      checkEqual(fs.stat(at('none')), undefined, 'nothing');
      checkEqual(fs.stat(at('none/x')), undefined, 'nothing in nothing');
      checkEqual(fs.stat(at('file/x')), undefined, 'nothing in a file');
      checkEqual(fs.stat(at('directory'))?.kind, 'directory', 'kind');
      const stat = fs.stat(at('file'));
      checkEqual([stat?.kind, stat?.sizeBytes], ['file', 3], 'file');
      check(stat?.inode !== fs.stat(at('directory'))?.inode, 'inodes differ');
      const file = fs.open(at('file'), 'read');
      checkEqual([file.stat().device, file.stat().inode], [stat?.device, stat?.inode], 'identity');
      file.close();
    },
  },
  {
    name: 'rename: moves a file, replaces a file, keeps the inode',
    run: (world) => {
      const { fs, at } = placesOf(world);
      makeFile(fs, at('a'), 'one');
      makeFile(fs, at('b'), 'two');
      fs.makeDirectory(at('d'));
      const inode = fs.stat(at('a'))?.inode;
      fs.rename(at('a'), at('b'));
      checkEqual([contentOf(fs, at('b')), fs.stat(at('b'))?.inode], ['one', inode], 'replaced');
      fs.rename(at('b'), at('d/b'));
      fs.rename(at('d/b'), at('d/b'));
      checkEqual([fs.list(at('.')), fs.list(at('d'))], [['d'], ['b']], 'names');
      checkThrows('ENOENT', () => fs.rename(at('a'), at('c')));
      checkThrows('ENOENT', () => fs.rename(at('d/b'), at('none/c')));
    },
  },
  {
    name: 'rename: a directory over an empty one, never over a full one or a file',
    run: (world) => {
      const { fs, at } = placesOf(world);
      for (const name of ['full', 'empty', 'other']) fs.makeDirectory(at(name));
      makeFile(fs, at('full/x'));
      makeFile(fs, at('file'));
      checkThrows('ENOTEMPTY', () => fs.rename(at('other'), at('full')));
      checkThrows('ENOTDIR', () => fs.rename(at('other'), at('file')));
      checkThrows('EISDIR', () => fs.rename(at('file'), at('empty')));
      checkThrows('EINVAL', () => fs.rename(at('full'), at('full/in')));
      fs.rename(at('full'), at('empty'));
      checkEqual(
        [fs.list(at('.')), fs.list(at('empty'))],
        [['empty', 'file', 'other'], ['x']],
        'names',
      );
    },
  },
  {
    name: 'removal: files by removeFile, empty directories by removeDirectory',
    run: (world) => {
      const { fs, at } = placesOf(world);
      fs.makeDirectory(at('d'));
      makeFile(fs, at('d/x'));
      checkThrows('ENOTEMPTY', () => fs.removeDirectory(at('d')));
      checkThrows('ENOTDIR', () => fs.removeDirectory(at('d/x')));
      checkThrows('ENOENT', () => fs.removeFile(at('none')));
      checkThrows('ENOENT', () => fs.removeDirectory(at('none')));
      fs.removeFile(at('d/x'));
      fs.removeDirectory(at('d'));
      checkEqual(fs.list(at('.')), [], 'names');
    },
  },
  {
    name: 'syncDirectory: works on directories only',
    run: (world) => {
      const { fs, at } = placesOf(world);
      makeFile(fs, at('file'));
      fs.syncDirectory(at('.'));
      if (world.env.host.platform === 'win32') return;
      checkThrows('ENOENT', () => fs.syncDirectory(at('none')));
      checkThrows('ENOTDIR', () => fs.syncDirectory(at('file')));
    },
  },
  {
    name: 'resolve and freeBytes',
    run: (world) => {
      const { fs, at } = placesOf(world);
      checkEqual(fs.resolve(at('a'), '..', './b'), at('b'), 'path');
      const free = fs.freeBytes(at('.'));
      check(free === undefined || free > 0, 'freeBytes is unknown or positive');
    },
  },
  {
    name: 'lock: refused with the note of the holder until it is released',
    run: async (world) => {
      const { fs, at } = placesOf(world);
      const lock = await fs.lock(at('lock'), 'a rather long first note');
      const error = await checkRejects('ELOCKED', fs.lock(at('lock'), 'second'));
      checkEqual((error as { holder?: unknown }).holder, 'a rather long first note', 'holder');
      const elsewhere = await fs.lock(at('other'), 'x');
      elsewhere.release();
      lock.release();
      lock.release();
      const again = await fs.lock(at('lock'), 'second');
      checkEqual(contentOf(fs, at('lock')), 'second', 'note');
      again.release();
      checkEqual(fs.stat(at('lock'))?.kind, 'file', 'the lock file stays');
    },
  },
  {
    name: 'lock: of two asked for at once one is refused; no directory, no lock',
    run: async (world) => {
      const { fs, at } = placesOf(world);
      const asked = [fs.lock(at('lock'), '1'), fs.lock(at('lock'), '2')];
      const answers = await Promise.allSettled(asked);
      const granted = answers.flatMap((answer) =>
        answer.status === 'fulfilled' ? [answer.value] : [],
      );
      checkEqual(granted.length, 1, 'locks granted');
      for (const lock of granted) lock.release();
      await checkRejects('ENOENT', fs.lock(at('none/lock'), 'x'));
    },
  },
];
