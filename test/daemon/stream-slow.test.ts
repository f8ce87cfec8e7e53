/**
 * What is written to a reader that takes nothing, byte for byte: a block at most, however much
 * there is; and all of it in order once it reads again.
 */
import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openNode } from '../../src/client/directories.ts';
import { initNode } from '../../src/client/index.ts';
import { CommitFilter } from '../../src/daemon/streaming/commit-filter.ts';
import { EventStream } from '../../src/daemon/streaming/event-stream.ts';
import { StreamHub } from '../../src/daemon/streaming/stream-hub.ts';
import type { Engine } from '../../src/engine/index.ts';
import { testFolder } from '../support/folder.ts';

const ROOM = 16 * 1024;
/** One block, or one piece of the log, with the commit that filled it. */
const WRITE_MAX = 256 * 1024 + 64 * 1024;

/** The server's end of a connection whose other end takes what it is told to take. */
class Connection extends EventEmitter {
  buffered: Buffer[] = [];
  taken = '';
  largest = 0;
  isDestroyed = false;

  get held(): number {
    return this.buffered.reduce((sum, { length }) => sum + length, 0);
  }

  get writableNeedDrain(): boolean {
    return this.held >= ROOM;
  }

  write(data: Buffer | string): boolean {
    this.buffered.push(Buffer.from(data));
    this.largest = Math.max(this.largest, this.held);
    return !this.writableNeedDrain;
  }

  end(text: string): void {
    this.write(text);
  }

  destroy(): void {
    this.isDestroyed = true;
    this.emit('close');
  }

  take(): void {
    this.taken += Buffer.concat(this.buffered.splice(0)).toString();
    this.emit('drain');
  }

  seqs(): number[] {
    return [...this.taken.matchAll(/^id: (\d+)\.\w+\nevent: commit$/gm)].map(([, seq]) =>
      Number(seq),
    );
  }
}

async function opened(): Promise<Engine> {
  const dataDir = join(testFolder('slow'), 'd');
  await initNode(dataDir, { nodeId: 'slow' });
  const engine = await openNode({ dataDir });
  onTestFinished(() => engine.close());
  return engine as unknown as Engine;
}

async function follow(
  engine: Engine,
  connection: Connection,
  { position, stallMs }: { readonly position: number; readonly stallMs: number },
): Promise<void> {
  const response = connection as unknown as ServerResponse;
  new EventStream(StreamHub.of(engine), response, {
    filter: new CommitFilter({}, { role: 'read', prefixes: undefined }),
    position,
    place: undefined,
    stallMs,
    heartbeatMs: 60_000,
    freshness: await engine.freshness(),
    onFault: (error) => {
      throw error;
    },
  });
  onTestFinished(() => connection.destroy());
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

test('holds one block for who takes nothing, and gives all in order to who reads again', async () => {
  const engine = await opened();
  const before = engine.seq;
  const [stuck, quick] = [new Connection(), new Connection()];
  await follow(engine, stuck, { position: before, stallMs: 600_000 });
  await follow(engine, quick, { position: before, stallMs: 600_000 });
  quick.take();
  const value = 'x'.repeat(4_000);
  for (let round = 0; round < 20; round++) {
    await Promise.all(Array.from({ length: 100 }, (_, index) => engine.put(`k${index}`, value)));
    for (let waits = 0; quick.seqs().at(-1) !== engine.seq && waits < 500; waits++) {
      await pause(5);
      quick.take();
    }
  }
  const all = Array.from({ length: 2_000 }, (_, index) => before + 1 + index);
  expect(quick.seqs()).toEqual(all);
  // 8 MB went by: more than the hub keeps, so the log itself is where it goes on from.
  expect(stuck.largest).toBeLessThan(WRITE_MAX);
  expect(quick.largest).toBeLessThan(2 * WRITE_MAX);
  for (let waits = 0; stuck.seqs().length < all.length && waits < 2_000; waits++) {
    stuck.take();
    await pause(1);
  }
  expect(stuck.seqs()).toEqual(all);
  expect(stuck.largest).toBeLessThan(2 * WRITE_MAX);
});

test('cuts off who takes nothing for too long, and nobody else', async () => {
  const engine = await opened();
  const [stuck, idle] = [new Connection(), new Connection()];
  await follow(engine, stuck, { position: 0, stallMs: 1_000 });
  await follow(engine, idle, { position: engine.seq + 1_000, stallMs: 1_000 });
  await Promise.all(Array.from({ length: 20 }, () => engine.put('k', 'x'.repeat(4_000))));
  await expect.poll(() => stuck.isDestroyed, { timeout: 10_000 }).toBe(true);
  expect(idle.isDestroyed).toBe(false);
});
