import { describe, expect, test } from 'vitest';
import {
  openMirror,
  openReader,
  READER_DIRECTORY,
  settle,
  until,
} from '../../../test/support/follower-world.ts';
import { LocalRemoteLog } from '../../../test/support/local-remote-log.ts';
import { newMachine, NODE_DIRECTORY, openNode } from '../../../test/support/memory-node.ts';
import type { MemoryEnv } from '../../env/memory/index.ts';
import { removeTree } from '../directory.ts';
import type { Engine } from '../engine.ts';
import type { Follower } from './follower.ts';

const SMALL = { limits: { valueBytesMax: 1024, commitBytesMax: 12_000, segmentBytes: 12_000 } };

async function put(writer: Engine, count: number, from = 0): Promise<void> {
  for (let index = from; index < from + count; index++) {
    await writer.put(`key/${index}`, { index, filler: 'x'.repeat(900) });
  }
}

async function caughtUp(env: MemoryEnv, reader: Follower, writer: Engine): Promise<void> {
  await until(env, () => reader.seq === writer.seq && reader.parts.log.worldId !== undefined);
  expect(await reader.hashes()).toEqual(await writer.hashes());
}

/** Every byte of the copy stands in the source's log at the same place. */
function isCopy(to: MemoryEnv, from: MemoryEnv): number {
  const names = to.fs.list(`${READER_DIRECTORY}/log`);
  for (const name of names) {
    const copy = to.fs.readAll(`${READER_DIRECTORY}/log/${name}`);
    const original = from.fs.readAll(`${NODE_DIRECTORY}/log/${name}`);
    expect(original.subarray(0, copy.length)).toEqual(copy);
  }
  return names.length;
}

describe('a follower of a node on another machine', () => {
  test('copies its log byte for byte, over segments, and goes on with it', async () => {
    const [there, here] = [newMachine(1), newMachine(2)];
    const writer = await openNode(there, SMALL);
    await put(writer, 30);
    const remote = new LocalRemoteLog(writer);
    const { reader } = await openMirror(here, remote);
    await caughtUp(here, reader, writer);
    await put(writer, 30, 30);
    await caughtUp(here, reader, writer);
    expect(isCopy(here, there)).toBeGreaterThan(2);
    expect(await reader.freshness()).toMatchObject({
      lagCommits: 0,
      source: { kind: 'url', state: 'connected' },
    });
    const values = [];
    for await (const { seq } of reader.history('key/5')) values.push(seq);
    expect(values).toHaveLength(1);
    await reader.close();
    await put(writer, 10, 60);
    const again = await openMirror(here, new LocalRemoteLog(writer));
    await caughtUp(here, again.reader, writer);
    expect(again.lines.join('\n')).not.toContain('anew');
    await again.reader.close();
    await writer.close();
  });

  test('answers while nobody is there, and goes on when somebody is', async () => {
    const [there, here] = [newMachine(1), newMachine(2)];
    const writer = await openNode(there, SMALL);
    await put(writer, 5);
    const remote = new LocalRemoteLog(writer);
    const { reader } = await openMirror(here, remote);
    await caughtUp(here, reader, writer);
    remote.cut();
    await put(writer, 5, 5);
    await until(here, () => !reader.closed && here.clock.monoMs() > 5000);
    const { source, lagMs } = await reader.freshness();
    expect([source.state, lagMs > 1000]).toEqual(['unreachable', true]);
    expect(await reader.get('key/4')).toMatchObject({ index: 4 });
    remote.node = writer;
    await caughtUp(here, reader, writer);
    await reader.close();
    await writer.close();
  });

  test('what a power cut left half copied is cut off and comes again', async () => {
    const [there, here] = [newMachine(1), newMachine(2)];
    const writer = await openNode(there, SMALL);
    await put(writer, 20);
    const { reader } = await openMirror(here, new LocalRemoteLog(writer));
    await caughtUp(here, reader, writer);
    await reader.close();
    const last = here.fs.list(`${READER_DIRECTORY}/log`).at(-1) as string;
    const path = `${READER_DIRECTORY}/log/${last}`;
    const file = here.fs.open(path, 'readWrite');
    const { sizeBytes } = file.stat();
    file.truncate(sizeBytes - 20);
    file.write(new Uint8Array([1, 2, 3]), 0, 3, sizeBytes + 40);
    file.close();
    const again = await openMirror(here, new LocalRemoteLog(writer));
    await put(writer, 3, 20);
    await caughtUp(here, again.reader, writer);
    isCopy(here, there);
    await again.reader.close();
    await writer.close();
  });

  test('another log in its place is copied anew, and the old one answers meanwhile', async () => {
    const [there, here] = [newMachine(1), newMachine(2)];
    const writer = await openNode(there, SMALL);
    await put(writer, 20);
    const remote = new LocalRemoteLog(writer);
    const { reader, lines } = await openMirror(here, remote);
    await caughtUp(here, reader, writer);
    const before = await reader.hashes();
    remote.cut();
    await writer.close();
    removeTree(there, NODE_DIRECTORY);
    const other = await openNode(there, SMALL);
    await put(other, 40, 100);
    let seenBefore = 0;
    remote.beforeAnswer = async () => {
      expect(await reader.hashes()).toEqual(before);
      seenBefore++;
    };
    remote.node = other;
    await until(here, () => seenBefore > 3);
    remote.beforeAnswer = undefined;
    await until(here, () => reader.seq === other.seq);
    await caughtUp(here, reader, other);
    expect(lines.join('\n')).toContain('the source has another log now');
    isCopy(here, there);
    await reader.close();
    await other.close();
  });

  test('a log that let go of what was not copied yet begins with a checkpoint', async () => {
    const [there, here] = [newMachine(1), newMachine(2)];
    const retention = { ...SMALL, retention: { commits: 5 } };
    const writer = await openNode(there, retention);
    await put(writer, 10);
    const remote = new LocalRemoteLog(writer);
    const { reader, lines } = await openMirror(here, remote);
    await caughtUp(here, reader, writer);
    remote.cut();
    await put(writer, 60, 10);
    await writer.checkpoint();
    await put(writer, 40, 70);
    await writer.checkpoint();
    await put(writer, 3, 110);
    expect(writer.parts.log.baseSeq).toBeGreaterThan(20);
    remote.node = writer;
    await caughtUp(here, reader, writer);
    expect(lines.join('\n')).toContain('the log begins behind seq');
    isCopy(here, there);
    await reader.close();
    const again = await openMirror(here, remote);
    remote.node = writer;
    await caughtUp(here, again.reader, writer);
    await again.reader.close();
    await writer.close();
  });

  test('a copied log can be followed itself, by directory and from elsewhere', async () => {
    const [there, here, third] = [newMachine(1), newMachine(2), newMachine(3)];
    const writer = await openNode(there, SMALL);
    await put(writer, 20);
    const first = await openMirror(here, new LocalRemoteLog(writer));
    await caughtUp(here, first.reader, writer);
    const second = await openReader(here, {}, { dataDir: '/second', follows: READER_DIRECTORY });
    second.watch.connect(first.reader);
    const far = await openMirror(third, new LocalRemoteLog(first.reader));
    await put(writer, 20, 20);
    await caughtUp(here, first.reader, writer);
    await caughtUp(here, second.reader, writer);
    await caughtUp(third, far.reader, writer);
    isCopy(third, there);
    for (const node of [far.reader, second.reader, first.reader, writer]) await node.close();
    await settle();
  });
});
