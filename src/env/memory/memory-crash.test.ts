import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Prng } from '../../core/index.ts';
import type { File } from '../env.ts';
import { Frozen, MemoryFileSystem } from './index.ts';
import type { CrashMode } from './index.ts';

const TEARING: readonly CrashMode[] = ['torn', 'torn-any'];
/** Byte by byte: garbage must not change lengths. */
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

function write(file: File, content: string, position = 0): void {
  const bytes = new TextEncoder().encode(content);
  expect(file.write(bytes, 0, bytes.length, position)).toBe(bytes.length);
}

function make(fs: MemoryFileSystem, path: string, content: string): File {
  const file = fs.open(path, 'create');
  write(file, content);
  return file;
}

function makeDurable(fs: MemoryFileSystem, path: string, content: string): File {
  const file = make(fs, path, content);
  file.sync();
  fs.syncDirectory(fs.resolve(path, '..'));
  return file;
}

/** All names and contents, deep. */
function tree(fs: MemoryFileSystem, at = '/'): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of fs.list(at)) {
    const path = fs.resolve(at, name);
    if (fs.stat(path)?.kind === 'file') found[path] = text(fs.readAll(path));
    else Object.assign(found, { [`${path}/`]: '' }, tree(fs, path));
  }
  return found;
}

/** The trees that `count` seeds leave. */
function outcomes(fs: MemoryFileSystem, mode: CrashMode, count = 200): Record<string, string>[] {
  return Array.from({ length: count }, (_, seed) => tree(fs.crash({ mode, rng: new Prng(seed) })));
}

describe('what a crash leaves of bytes', () => {
  test('is what was written, whatever the writer does with its memory afterwards', () => {
    const fs = new MemoryFileSystem();
    const file = makeDurable(fs, '/a', 'old');
    const memory = Buffer.from('new');
    file.write(memory, 0, 3, 0);
    memory.fill(0x78);
    expect(tree(fs.crash({ mode: 'keep-all' }))).toEqual({ '/a': 'new' });
  });

  test('what was synced, name and bytes, survives every crash', () => {
    const fs = new MemoryFileSystem();
    makeDurable(fs, '/a', 'durable');
    for (const mode of ['kill', 'lose-unsynced', 'keep-all', ...TEARING] as const) {
      for (const found of outcomes(fs, mode, 20)) expect(found).toEqual({ '/a': 'durable' });
    }
  });

  test('unsynced bytes: kill and keep-all keep them, lose-unsynced drops them', () => {
    const fs = new MemoryFileSystem();
    write(makeDurable(fs, '/a', 'old'), 'NEWER');
    expect(tree(fs.crash({ mode: 'kill' }))).toEqual({ '/a': 'NEWER' });
    expect(tree(fs.crash({ mode: 'keep-all' }))).toEqual({ '/a': 'NEWER' });
    expect(tree(fs.crash({ mode: 'lose-unsynced' }))).toEqual({ '/a': 'old' });
    expect(tree(fs)).toEqual({ '/a': 'NEWER' });
  });

  test('sync makes only its own file durable, and not its name', () => {
    const fs = new MemoryFileSystem();
    const first = makeDurable(fs, '/a', 'a');
    const second = makeDurable(fs, '/b', 'b');
    write(first, 'A');
    write(second, 'B');
    first.sync();
    make(fs, '/c', 'c').sync();
    expect(tree(fs.crash({ mode: 'lose-unsynced' }))).toEqual({ '/a': 'A', '/b': 'b' });
  });

  test('a durable name without synced bytes is an empty file', () => {
    const fs = new MemoryFileSystem();
    make(fs, '/a', 'never synced');
    fs.syncDirectory('/');
    expect(tree(fs.crash({ mode: 'lose-unsynced' }))).toEqual({ '/a': '' });
  });

  test('torn: every sector of an unsynced write is old, new or garbage, in any mixture', () => {
    const fs = new MemoryFileSystem();
    const file = makeDurable(fs, '/a', 'o'.repeat(1_536));
    write(file, 'n'.repeat(1_024), 256);
    const seen = new Set<string>();
    for (const { '/a': content = '' } of outcomes(fs, 'torn', 400)) {
      expect(content.slice(0, 256)).toBe('o'.repeat(256));
      expect(content.slice(-256)).toBe('o'.repeat(256));
      const bytes = [content.slice(256, 512), content.slice(512, 1024), content.slice(1024, 1280)];
      seen.add(
        bytes.map((part) => (/^o+$/.test(part) ? 'o' : /^n+$/.test(part) ? 'n' : '#')).join(''),
      );
    }
    for (const mixture of ['ooo', 'nnn', 'non', 'ono', 'noo', 'oon', '###', 'n#o']) {
      expect(seen).toContain(mixture);
    }
  });

  test('torn: an extension is kept or dropped, its dropped sectors read as zeros', () => {
    const fs = new MemoryFileSystem();
    write(makeDurable(fs, '/a', 'old'), 'n'.repeat(2_000), 3);
    const sizes = new Set<number>();
    const holes = new Set<boolean>();
    for (const { '/a': content = '' } of outcomes(fs, 'torn')) {
      sizes.add(content.length);
      holes.add(/\0{400}/.test(content));
      expect(content.startsWith('old')).toBe(true);
    }
    expect(sizes).toEqual(new Set([3, 2_003]));
    expect(holes).toEqual(new Set([true, false]));
  });

  test('torn: a cut is kept or dropped as a whole', () => {
    const fs = new MemoryFileSystem();
    makeDurable(fs, '/a', 'abcdef').truncate(2);
    const found = new Set(outcomes(fs, 'torn').map((names) => names['/a']));
    expect(found).toEqual(new Set(['abcdef', 'ab']));
  });

  test('the same seed gives the same crash', () => {
    const fs = new MemoryFileSystem();
    write(makeDurable(fs, '/a', 'o'.repeat(9_000)), 'n'.repeat(9_000));
    for (const mode of TEARING) expect(outcomes(fs, mode, 9)).toEqual(outcomes(fs, mode, 9));
  });
});

describe('what a crash leaves of names', () => {
  test('torn: a prefix of the changes of a directory; torn-any: any subset', () => {
    const fs = new MemoryFileSystem();
    for (const path of ['/1', '/2', '/3']) fs.makeDirectory(path);
    const names = (mode: CrashMode): Set<string> =>
      new Set(outcomes(fs, mode).map((found) => Object.keys(found).join('')));
    expect(names('torn')).toEqual(new Set(['', '/1/', '/1//2/', '/1//2//3/']));
    expect(names('torn-any').size).toBe(8);
  });

  test('a rename within a directory is atomic: one of the names, always the whole file', () => {
    const fs = new MemoryFileSystem();
    makeDurable(fs, '/a', 'old');
    makeDurable(fs, '/a.new', 'new');
    fs.rename('/a.new', '/a');
    const before = { '/a': 'old', '/a.new': 'new' };
    expect(tree(fs.crash({ mode: 'lose-unsynced' }))).toEqual(before);
    for (const mode of TEARING) {
      const found = new Set(outcomes(fs, mode).map((names) => JSON.stringify(names)));
      expect(found).toEqual(new Set([JSON.stringify(before), JSON.stringify({ '/a': 'new' })]));
    }
    fs.syncDirectory('/');
    expect(tree(fs.crash({ mode: 'lose-unsynced' }))).toEqual({ '/a': 'new' });
  });

  test('a rename across directories never loses the file, and syncing either end ends the doubt', () => {
    const build = (): MemoryFileSystem => {
      const fs = new MemoryFileSystem();
      for (const path of ['/x', '/y']) fs.makeDirectory(path);
      fs.syncDirectory('/');
      makeDurable(fs, '/x/a', 'content');
      fs.rename('/x/a', '/y/b');
      return fs;
    };
    for (const mode of TEARING) {
      const found = outcomes(build(), mode).map((names) => Object.keys(names).slice(1).join(' '));
      expect(new Set(found)).toEqual(new Set(['/x/a /y/', '/y/ /y/b', '/x/a /y/ /y/b']));
    }
    const source = build();
    source.syncDirectory('/x');
    expect(Object.keys(tree(source.crash({ mode: 'lose-unsynced' })))).toEqual([
      '/x/',
      '/y/',
      '/y/b',
    ]);
    const target = build();
    target.syncDirectory('/y');
    expect(target.crash({ mode: 'lose-unsynced' }).readAll('/y/b')).toHaveLength(7);
  });

  test('what lies in a directory whose name is lost is lost; a removal not synced comes back', () => {
    const fs = new MemoryFileSystem();
    makeDurable(fs, '/gone', 'x');
    fs.removeFile('/gone');
    fs.makeDirectory('/d');
    makeDurable(fs, '/d/a', 'synced');
    expect(tree(fs.crash({ mode: 'lose-unsynced' }))).toEqual({ '/gone': 'x' });
    expect(tree(fs.crash({ mode: 'keep-all' }))).toEqual({ '/d/': '', '/d/a': 'synced' });
  });

  test('rename of a directory over an empty one is as atomic as that of a file', () => {
    const fs = new MemoryFileSystem();
    for (const path of ['/new', '/dir']) fs.makeDirectory(path);
    makeDurable(fs, '/new/a', 'x');
    fs.syncDirectory('/');
    fs.rename('/new', '/dir');
    expect(Object.keys(tree(fs.crash({ mode: 'lose-unsynced' })))).toEqual([
      '/dir/',
      '/new/',
      '/new/a',
    ]);
    expect(Object.keys(tree(fs.crash({ mode: 'keep-all' })))).toEqual(['/dir/', '/dir/a']);
  });
});

describe('before and after', () => {
  test('neither side of a crash writes into the other', () => {
    const fs = new MemoryFileSystem();
    const open = makeDurable(fs, '/a', 'before');
    for (const mode of ['kill', 'keep-all'] as const) {
      const after = fs.crash({ mode });
      write(open, 'OLD');
      const reopened = after.open('/a', 'readWrite');
      write(reopened, 'new', 3);
      expect(text(after.readAll('/a'))).toBe('befnew');
      expect(text(fs.readAll('/a'))).toBe('OLDore');
      write(open, 'before');
    }
  });

  test('a kill keeps what is pending pending: the power can still fail after it', () => {
    const fs = new MemoryFileSystem();
    write(makeDurable(fs, '/a', 'old'), 'new');
    make(fs, '/b', 'b');
    const killed = fs.crash({ mode: 'kill' });
    expect(tree(killed)).toEqual({ '/a': 'new', '/b': 'b' });
    expect(tree(killed.crash({ mode: 'lose-unsynced' }))).toEqual({ '/a': 'old' });
    killed.open('/a', 'readWrite').sync();
    killed.syncDirectory('/');
    expect(tree(killed.crash({ mode: 'lose-unsynced' }))).toEqual({ '/a': 'new', '/b': '' });
  });

  test('locks end with the crash, on the new side only', async () => {
    const fs = new MemoryFileSystem();
    await fs.lock('/lock', 'first');
    const after = fs.crash({ mode: 'kill' });
    await after.lock('/lock', 'second');
    await expect(fs.lock('/lock', 'x')).rejects.toMatchObject({ code: 'ELOCKED', holder: 'first' });
  });

  test('a background sync that the power cut overtakes makes nothing durable and fails', async () => {
    const fs = new MemoryFileSystem();
    const file = makeDurable(fs, '/a', 'old');
    write(file, 'new');
    const done = new Promise((resolve) => file.syncAsync(resolve));
    fs.freeze();
    expect(await done).toBeInstanceOf(Frozen);
    expect(tree(fs.crash({ mode: 'lose-unsynced' }))).toEqual({ '/a': 'old' });
  });

  test('a background sync covers what was written before it was asked for, no more', async () => {
    const fs = new MemoryFileSystem();
    const file = makeDurable(fs, '/a', 'old---');
    write(file, 'one');
    const done = new Promise((resolve) => file.syncAsync(resolve));
    write(file, 'two', 3);
    expect(await done).toBeUndefined();
    expect(tree(fs.crash({ mode: 'lose-unsynced' }))).toEqual({ '/a': 'one---' });
    file.sync();
    expect(tree(fs.crash({ mode: 'lose-unsynced' }))).toEqual({ '/a': 'onetwo' });
  });

  test('without a crash model only a kill can be asked for', () => {
    const fs = new MemoryFileSystem({ crashModel: false });
    make(fs, '/a', 'x');
    expect(tree(fs.crash({ mode: 'kill' }))).toEqual({ '/a': 'x' });
    expect(() => fs.crash({ mode: 'lose-unsynced' })).toThrow('crash model');
  });
});

type Step = readonly ['write' | 'resize' | 'sync' | 'crash', number, number];

test('visible bytes equal a plain array whatever is written, cut, synced and crashed', () => {
  const kind = fc.constantFrom<Step[0]>('write', 'write', 'resize', 'sync', 'crash');
  const step = fc.tuple(kind, fc.nat(9_000), fc.nat(5_000)) as fc.Arbitrary<Step>;
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      let fs = new MemoryFileSystem();
      let model: number[] = [];
      let durable: number[] = [];
      fs.open('/a', 'create').close();
      fs.syncDirectory('/');
      steps.forEach(([what, position, length], index) => {
        const file = fs.open('/a', 'readWrite');
        if (what === 'write') {
          file.write(new Uint8Array(length).fill(index + 1), 0, length, position);
          if (length > 0) while (model.length < position) model.push(0);
          for (let at = position; at < position + length; at++) model[at] = index + 1;
        } else if (what === 'resize') {
          file.truncate(position);
          model = Array.from({ length: position }, (_, at) => model[at] ?? 0);
        } else if (what === 'sync') {
          file.sync();
          durable = model.slice();
        } else {
          fs = fs.crash({ mode: 'lose-unsynced' });
          model = durable.slice();
        }
        expect(Buffer.from(fs.readAll('/a')).equals(Buffer.from(model))).toBe(true);
      });
    }),
    { numRuns: 60 },
  );
});
