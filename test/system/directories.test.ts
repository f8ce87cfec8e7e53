/**
 * Directories that cannot be used as they are: each answer is an error of its own that names what
 * is wrong. And a process that may open few files.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, type TestContext, vi } from 'vitest';
import {
  AdastraError,
  Client,
  repairLog,
  replayVerify,
  verifyDirectory,
} from '../../src/client/index.ts';
import { crc32 } from '../../src/core/index.ts';
import { closedNode, ours } from '../support/damaged-node.ts';
import { fileOf, imageOf, pathsIn, testFolder, withFile, writeImage } from '../support/folder.ts';
import { runChild } from '../support/node-child.ts';
import { expectRecovered } from '../support/recovered.ts';
import { hasProgram, skipFor } from '../support/skip.ts';
import { TIMEOUT_MS } from '../support/long.ts';

vi.setConfig({ testTimeout: TIMEOUT_MS });

const NOBODY = 65_534;

function needRoot(context: TestContext): void {
  if (process.getuid?.() !== 0) skipFor(context, 'root, to act as another user');
}

/** A folder that others may pass through. */
function openFolder(name: string): string {
  const folder = testFolder(name);
  chmodSync(folder, 0o755);
  return folder;
}

async function codeOf(run: () => Promise<unknown>): Promise<string> {
  const outcome = await ours(run);
  return outcome instanceof AdastraError ? outcome.code : 'ok';
}

describe('permission', () => {
  test('a directory that may be read and not written', async (context) => {
    needRoot(context);
    const dataDir = join(openFolder('mode'), 'node');
    await runChild({ script: 'puts', dataDir, count: 3 });
    spawnSync('chmod', ['-R', 'a+rX,a-w', dataDir]);
    const call = { dataDir, options: { uid: NOBODY } } as const;
    const writing = await runChild({ ...call, script: 'puts' });
    expect(writing.lines.at(-1)).toMatch(/^failed permission_denied/);
    const options = { uid: NOBODY, readOnly: true };
    const reading = await runChild({ ...call, script: 'read', options });
    expect(reading.lines).toContain('count 3');
  });

  test('a directory that may not even be read', async (context) => {
    needRoot(context);
    const dataDir = join(openFolder('mode'), 'node');
    await runChild({ script: 'puts', dataDir, count: 3 });
    const call = { script: 'read', dataDir, options: { uid: NOBODY } } as const;
    expect((await runChild(call)).lines.at(-1)).toMatch(/^failed permission_denied/);
  });

  test('a place where no directory may be made', async (context) => {
    needRoot(context);
    const folder = openFolder('mode');
    const call = { script: 'puts', options: { uid: NOBODY } } as const;
    const end = await runChild({ ...call, dataDir: join(folder, 'node') });
    expect(end.lines.at(-1)).toMatch(/^failed permission_denied/);
    chownSync(folder, NOBODY, NOBODY);
    expect((await runChild({ ...call, dataDir: join(folder, 'node') })).code).toBe(0);
  });

  test('a disk mounted read-only', async (context) => {
    const folder = testFolder('mounted');
    const whole = join(folder, 'whole');
    await runChild({ script: 'puts', dataDir: whole, count: 3 });
    const dataDir = join(folder, 'node');
    mkdirSync(dataDir);
    const bound = spawnSync('mount', ['--bind', whole, dataDir]).status === 0;
    if (bound) onTestFinished(() => void spawnSync('umount', ['-l', dataDir]));
    const remounted = spawnSync('mount', ['-o', 'remount,ro,bind', dataDir]).status === 0;
    if (!bound || !remounted) skipFor(context, 'root, to mount a directory read-only');
    expect(await codeOf(() => Client.open({ dataDir }))).toBe('permission_denied');
    const reader = await Client.open({ dataDir, readOnly: true });
    expect(reader.count({ prefix: 'k/' })).toBe(3);
    await reader.close();
  });
});

describe('what stands in the way', () => {
  test('a file where the directory, or one above it, should be', async () => {
    const folder = testFolder('file');
    writeFileSync(join(folder, 'file'), 'not a node');
    for (const dataDir of [join(folder, 'file'), join(folder, 'file', 'node')]) {
      expect(await codeOf(() => Client.open({ dataDir }))).toBe('not_a_directory');
      expect(['not_a_directory', 'not_initialized']).toContain(
        await codeOf(() => verifyDirectory(dataDir)),
      );
    }
  });

  test('a directory with something else in it, and one with nothing', async () => {
    const folder = testFolder('foreign');
    const dataDir = join(folder, 'photos');
    mkdirSync(dataDir);
    const readOnly = { dataDir, readOnly: true } as const;
    expect(await codeOf(() => Client.open(readOnly))).toBe('not_initialized');
    for (const call of [verifyDirectory, repairLog, replayVerify]) {
      expect(await codeOf(() => call(dataDir))).toBe('not_initialized');
    }
    writeFileSync(join(dataDir, 'summer.jpg'), 'photo');
    expect(await codeOf(() => Client.open({ dataDir }))).toBe('already_exists');
    expect([...imageOf(dataDir).keys()]).toEqual(['summer.jpg']);
  });

  test('a file in place of the log, a node without its key', async () => {
    const folder = testFolder('parts');
    const dataDir = join(folder, 'node');
    const { image } = await closedNode(dataDir, { puts: 3 });
    writeImage(dataDir, withFile(image, pathsIn(image, 'identity')[0] as string, undefined));
    expect(await codeOf(() => Client.open({ dataDir }))).toBe('identity_damaged');
    writeImage(dataDir, image);
    rmSync(join(dataDir, 'log'), { recursive: true });
    writeFileSync(join(dataDir, 'log'), '');
    expect(await codeOf(() => Client.open({ dataDir }))).toBe('not_a_directory');
  });
});

describe('formats to come', () => {
  test('a log and a checkpoint of a later format are upgrade_needed and stay as they are', async () => {
    const folder = testFolder('format');
    const { image } = await closedNode(join(folder, 'whole'), { puts: 100, checkpoints: [90] });
    const log = Uint8Array.from(fileOf(image, 'log/00000001.log'));
    log[8] = 2;
    const path = pathsIn(image, 'checkpoints')[0] as string;
    const checkpoint = Uint8Array.from(fileOf(image, path));
    checkpoint[8] = 2;
    new DataView(checkpoint.buffer).setUint32(164, crc32(checkpoint.subarray(0, 164)), true);
    const dataDir = join(folder, 'node');
    for (const later of [
      withFile(image, 'log/00000001.log', log),
      withFile(image, path, checkpoint),
    ]) {
      writeImage(dataDir, later);
      expect(await codeOf(() => Client.open({ dataDir }))).toBe('upgrade_needed');
      expect(await codeOf(() => Client.open({ dataDir, readOnly: true }))).toBe('upgrade_needed');
      const files = imageOf(dataDir);
      for (const [name, bytes] of later) {
        if (name !== 'lock') expect(Buffer.compare(fileOf(files, name), bytes), name).toBe(0);
      }
    }
  });
});

describe('few open files', () => {
  function needPrlimit(context: TestContext): void {
    if (!hasProgram('prlimit')) skipFor(context, 'apt-get install util-linux');
  }

  test('64 are enough to make a node, write, and take a checkpoint', async (context) => {
    needPrlimit(context);
    const dataDir = join(testFolder('files'), 'node');
    const end = await runChild({ script: 'workload', dataDir, count: 50, options: { files: 64 } });
    expect(end.lines.at(-1), end.err).toBe('closed');
    await expectRecovered(dataDir, end.lines, '64 files');
  });

  test('with fewer and fewer it works, or says so, and nothing is lost', async (context) => {
    needPrlimit(context);
    const folder = testFolder('files');
    const ends = new Set<string>();
    for (let files = 26; files >= 16; files -= 2) {
      const dataDir = join(folder, `node-${files}`);
      const end = await runChild({ script: 'workload', dataDir, count: 5, options: { files } });
      const what = `${files} files: ${end.lines.at(-1)} ${end.err}`;
      expect(end.lines.at(-1), what).toMatch(/^(closed|failed (io_error|lock_unavailable) )/);
      ends.add(String(end.lines.at(-1)?.slice(0, 6)));
      await expectRecovered(dataDir, end.lines, what);
    }
    expect(ends).toEqual(new Set(['closed', 'failed']));
  });
});
