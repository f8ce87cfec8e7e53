import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { NodeCrypto, NodeFileSystem } from './index.ts';

let directory = '';
const node = new NodeFileSystem();

beforeAll(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'adastra-node-'));
});
afterAll(() => fs.rmSync(directory, { recursive: true }));

describe.skipIf(process.platform === 'win32')('modes', () => {
  test('new files are 0600, new directories 0700, the lock file too', async () => {
    const before = process.umask(0);
    try {
      node.makeDirectory(path.join(directory, 'd'));
      node.open(path.join(directory, 'f'), 'create').close();
      (await node.lock(path.join(directory, 'l'), 'x')).release();
    } finally {
      process.umask(before);
    }
    const modes = ['d', 'f', 'l'].map(
      (name) => fs.statSync(path.join(directory, name)).mode & 0o777,
    );
    expect(modes).toEqual([0o700, 0o600, 0o600]);
  });

  test('stat follows links and sees other kinds', () => {
    fs.symlinkSync(directory, path.join(directory, 'link'));
    expect(node.stat(path.join(directory, 'link'))?.kind).toBe('directory');
    fs.symlinkSync(path.join(directory, 'nowhere'), path.join(directory, 'dangling'));
    expect(node.stat(path.join(directory, 'dangling'))).toBeUndefined();
    expect(node.stat('/dev/null')?.kind).toBe('other');
  });
});

test('a background sync of a file closed meanwhile does not touch another file', async () => {
  const first = node.open(path.join(directory, 'closing'), 'create');
  first.write(new Uint8Array(10), 0, 10, 0);
  const done = new Promise((resolve) => first.syncAsync(resolve));
  first.close();
  // Were the descriptor closed already, these would take its number.
  const others = [1, 2, 3].map((at) => node.open(path.join(directory, `closing-${at}`), 'create'));
  expect(await done).toBeUndefined();
  for (const [at, file] of others.entries()) {
    expect(file.write(Uint8Array.of(at), 0, 1, 0)).toBe(1);
    expect(file.stat().sizeBytes).toBe(1);
    file.close();
  }
});

test('keys are found again after more of them than the cache keeps', () => {
  const crypto = new NodeCrypto();
  const seed = (at: number): Uint8Array => new Uint8Array(32).fill(at & 255).fill(at >> 8, 16);
  const message = Uint8Array.of(1, 2, 3);
  const first = crypto.ed25519Sign(seed(0), message);
  for (let at = 1; at < 600; at++) crypto.ed25519PublicKey(seed(at));
  expect(crypto.ed25519Sign(seed(0), message)).toEqual(first);
  expect(() => crypto.ed25519Sign(new Uint8Array(31), message)).toThrow('32 bytes');
});
