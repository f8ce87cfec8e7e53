import { describe, expect, test } from 'vitest';
import { Prng } from '../../core/index.ts';
import type { File } from '../env.ts';
import { Frozen, MemoryFileSystem } from './index.ts';
import type { DiskOperation, Fault } from './index.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (content: Uint8Array): string => new TextDecoder().decode(content);

function write(file: File, content: string, position = 0): number {
  return file.write(bytes(content), 0, content.length, position);
}

/** A disk that answers every operation of `kind` with `fault`. */
function faulty(kind: string, fault: Fault): MemoryFileSystem {
  return new MemoryFileSystem({
    onOperation: (operation) => (operation.kind === kind ? fault : undefined),
  });
}

describe('operations', () => {
  test('each changing operation is announced once, numbered, by kind and path', async () => {
    const seen: string[] = [];
    const fs = new MemoryFileSystem({
      onOperation: ({ index, kind, path }) => void seen.push(`${index} ${kind} ${path}`),
    });
    fs.makeDirectory('/d');
    const file = fs.open('/d/a', 'create');
    write(file, 'abc');
    file.truncate(1);
    file.sync();
    await new Promise((resolve) => file.syncAsync(resolve));
    fs.rename('/d/a', '/d/b');
    fs.syncDirectory('/d');
    fs.stat('/d');
    fs.list('/d');
    file.read(new Uint8Array(1), 0, 1, 0);
    fs.removeFile('/d/b');
    fs.removeDirectory('/d');
    await fs.lock('/lock', 'note');
    expect(seen).toEqual([
      '0 makeDirectory /d',
      '1 create /d/a',
      '2 write /d/a',
      '3 truncate /d/a',
      '4 sync /d/a',
      '5 sync /d/a',
      '6 rename /d/a',
      '7 syncDirectory /d',
      '8 removeFile /d/b',
      '9 removeDirectory /d',
      '10 lock /lock',
    ]);
    expect(fs.operationCount).toBe(11);
  });

  test('reads have their own hook and can fail', () => {
    const seen: string[] = [];
    const onRead = ({ kind, path }: DiskOperation<string>): Fault | undefined => {
      seen.push(`${kind} ${path}`);
      return kind === 'read' ? { error: 'EIO' } : undefined;
    };
    const fs = new MemoryFileSystem({ onRead });
    fs.open('/a', 'create').close();
    const file = fs.open('/a', 'read');
    expect(() => file.read(new Uint8Array(1), 0, 1, 0)).toThrow('EIO');
    fs.stat('/a');
    fs.list('/');
    expect(seen).toEqual(['open /a', 'read /a', 'stat /a', 'list /']);
    expect(fs.operationCount).toBe(1);
  });
});

describe('freezing', () => {
  function workload(fs: MemoryFileSystem): void {
    fs.makeDirectory('/d');
    const file = fs.open('/d/a', 'create');
    write(file, 'abc');
    file.sync();
    fs.syncDirectory('/d');
    fs.syncDirectory('/');
  }

  test('freezeAfter lets exactly so many operations happen, for every number', () => {
    for (let count = 0; count < 6; count++) {
      const fs = new MemoryFileSystem({ freezeAfter: count });
      expect(() => workload(fs)).toThrow(Frozen);
      expect(fs.operationCount).toBe(count);
      expect(fs.isFrozen).toBe(true);
      const after = fs.crash({ mode: 'keep-all' });
      expect(after.stat('/d') !== undefined).toBe(count > 0);
      expect(after.stat('/d/a')?.sizeBytes).toBe([undefined, undefined, 0, 3, 3, 3][count]);
    }
    workload(new MemoryFileSystem({ freezeAfter: 6 }));
  });

  test('once frozen everything throws Frozen, reads too, also when a hook threw it', async () => {
    const fs = new MemoryFileSystem({
      onOperation: ({ kind }) => {
        if (kind === 'write') throw new Frozen();
      },
    });
    const file = fs.open('/a', 'create');
    expect(() => write(file, 'x')).toThrow(Frozen);
    expect(() => file.read(new Uint8Array(1), 0, 1, 0)).toThrow(Frozen);
    expect(() => file.stat()).toThrow(Frozen);
    expect(() => fs.list('/')).toThrow(Frozen);
    expect(() => fs.open('/a', 'read')).toThrow(Frozen);
    await expect(fs.lock('/lock', '')).rejects.toThrow(Frozen);
    expect(await new Promise((resolve) => file.syncAsync(resolve))).toBeInstanceOf(Frozen);
    expect(text(fs.readAll('/a'))).toBe('');
  });

  test('another error of a hook fails that operation alone', () => {
    let isBroken = true;
    const fs = new MemoryFileSystem({
      onOperation: () => {
        if (isBroken) throw new Error('custom');
      },
    });
    expect(() => fs.makeDirectory('/d')).toThrow('custom');
    isBroken = false;
    fs.makeDirectory('/d');
  });
});

describe('faults', () => {
  test('an error has its code and changes nothing', () => {
    const fs = faulty('write', { error: 'EIO' });
    const file = fs.open('/a', 'create');
    expect(() => write(file, 'abc')).toThrow(expect.objectContaining({ code: 'EIO', path: '/a' }));
    expect(file.stat().sizeBytes).toBe(0);
    const refusing = faulty('rename', { error: 'EACCES' });
    refusing.makeDirectory('/d');
    expect(() => refusing.rename('/d', '/e')).toThrow('EACCES');
    expect(refusing.list('/')).toEqual(['d']);
  });

  test('a short write takes so many bytes and says so', () => {
    const fs = faulty('write', { shortWrite: 2 });
    const file = fs.open('/a', 'create');
    expect(write(file, 'abc')).toBe(2);
    expect(write(file, 'c', 2)).toBe(1);
    expect(text(fs.readAll('/a'))).toBe('abc');
  });

  test('a failed sync loses its writes for good, though they stay visible', async () => {
    for (const isAsync of [false, true]) {
      const fs = new MemoryFileSystem();
      const file = fs.open('/a', 'create');
      write(file, 'old');
      file.sync();
      fs.syncDirectory('/');
      write(file, 'LOST', 3);
      fs.setOnOperation(() => ({ error: 'EIO' }));
      if (isAsync) {
        const answer = new Promise((resolve) => file.syncAsync(resolve));
        expect(await answer).toMatchObject({ code: 'EIO' });
      } else expect(() => file.sync()).toThrow('EIO');
      fs.setOnOperation(undefined);
      file.sync();
      expect(text(fs.readAll('/a'))).toBe('oldLOST');
      for (const mode of ['lose-unsynced', 'keep-all', 'torn'] as const) {
        const after = fs.crash({ mode, rng: new Prng(1) });
        expect(text(after.readAll('/a'))).toBe('old');
      }
      write(file, 'kept', 7);
      file.sync();
      const after = fs.crash({ mode: 'lose-unsynced' });
      expect(text(after.readAll('/a'))).toBe('old\0\0\0\0kept');
      expect(text(fs.crash({ mode: 'kill' }).readAll('/a'))).toBe('oldLOSTkept');
    }
  });

  test('a full disk: first a short write, then ENOSPC, until space is freed', () => {
    const fs = new MemoryFileSystem({ capacityBytes: 10 });
    const file = fs.open('/a', 'create');
    expect(fs.freeBytes('/')).toBe(10);
    expect(write(file, '12345678')).toBe(8);
    expect(write(file, 'abcd', 8)).toBe(2);
    expect(() => write(file, 'cd', 10)).toThrow('ENOSPC');
    expect(() => file.truncate(11)).toThrow('ENOSPC');
    expect(write(file, 'X', 0)).toBe(1);
    expect([fs.freeBytes('/'), fs.usedBytes]).toEqual([0, 10]);
    file.truncate(4);
    expect(write(file, 'abcdefgh', 4)).toBe(6);
    const other = fs.open('/b', 'create');
    expect(() => write(other, 'x')).toThrow('ENOSPC');
    fs.rename('/b', '/a');
    expect(write(other, '0123456789')).toBe(10);
    fs.removeFile('/a');
    expect(fs.usedBytes).toBe(0);
    fs.setCapacity(Number.POSITIVE_INFINITY);
    expect(fs.freeBytes('/')).toBeUndefined();
  });

  test('space survives a crash by what is visible then', () => {
    const fs = new MemoryFileSystem({ capacityBytes: 10 });
    const file = fs.open('/a', 'create');
    write(file, '123');
    file.sync();
    fs.syncDirectory('/');
    write(file, '456', 3);
    expect(fs.crash({ mode: 'lose-unsynced' }).freeBytes('/')).toBe(7);
    expect(fs.crash({ mode: 'kill' }).freeBytes('/')).toBe(4);
  });

  test('a flipped bit is seen at once and after a crash', () => {
    const fs = new MemoryFileSystem();
    const file = fs.open('/a', 'create');
    write(file, 'abc');
    file.sync();
    fs.syncDirectory('/');
    fs.flipBit('/a', 1, 0);
    expect(text(fs.readAll('/a'))).toBe('acc');
    expect(text(fs.crash({ mode: 'lose-unsynced' }).readAll('/a'))).toBe('acc');
    expect(() => fs.flipBit('/a', 3, 0)).toThrow('within');
  });
});

test('thousands of crashes of a store with megabytes in it are quick', () => {
  const fs = new MemoryFileSystem();
  const file = fs.open('/log', 'create');
  file.write(new Uint8Array(4 << 20), 0, 4 << 20, 0);
  file.sync();
  fs.syncDirectory('/');
  const record = new Uint8Array(300).fill(1);
  const rng = new Prng(1);
  const start = performance.now();
  for (let round = 0; round < 1_000; round++) {
    file.write(record, 0, 300, round * 300);
    fs.crash({ mode: 'torn', rng }).open('/log', 'read').close();
    if (round % 10 === 0) file.sync();
  }
  expect(performance.now() - start).toBeLessThan(2_000);
});
