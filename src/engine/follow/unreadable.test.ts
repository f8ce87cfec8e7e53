/** A batch that fails half way: nobody sees half of it, and what is before it goes on. */
import { expect, test, vi } from 'vitest';
import { openReader, until } from '../../../test/support/follower-world.ts';
import { newMachine, openNode } from '../../../test/support/memory-node.ts';
import { MalformedBytes, NeedsNewerLevel } from '../../core/index.ts';

/** Replay applies so much of the batch that begins with `seq`, then fails. */
const planted = vi.hoisted(() => ({ seq: 0, error: undefined as Error | undefined }));

vi.mock('../../store/transactions/replay.ts', async (load) => {
  const real = await load<typeof import('../../store/transactions/replay.ts')>();
  class Replay extends real.Replay {
    override apply(...[batch, toSeq]: Parameters<InstanceType<typeof real.Replay>['apply']>): void {
      const isIt = planted.error !== undefined && batch.firstSeq <= planted.seq;
      if (!isIt || batch.firstSeq + batch.count <= planted.seq) return super.apply(batch, toSeq);
      super.apply(batch, planted.seq);
      throw planted.error;
    }
  }
  return { ...real, Replay };
});

test.each([
  ['log_damaged', () => new MalformedBytes('planted')],
  ['upgrade_needed', () => new NeedsNewerLevel('planted')],
] as const)('%s', async (code, errorOf) => {
  const env = newMachine();
  const writer = await openNode(env);
  await writer.put('a', 1);
  const { reader, watch } = await openReader(env);
  watch.connect(writer);
  await until(env, () => reader.seq === writer.seq);
  const before = await reader.hashes();
  const seq = writer.seq + 2;
  planted.seq = seq;
  planted.error = errorOf();
  await Promise.all([1, 2, 3, 4].map((value) => writer.put(`b/${value}`, value)));
  await until(env, () => reader.parts.log.durableSeq > before.seq);
  await until(env, () => reader.seq >= before.seq);
  env.timers.advance(2000);
  expect(await reader.hashes()).toEqual(before);
  expect(await reader.get('b/1')).toBeUndefined();
  const { health, reader: told } = await reader.status();
  expect([health, told?.problem?.code]).toEqual(['damaged', code]);
  expect(await reader.freshness()).toMatchObject({ seq: before.seq, lagCommits: 4 });
  await writer.put('c', 1);
  env.timers.advance(2000);
  expect(await reader.freshness()).toMatchObject({ seq: before.seq, lagCommits: 5 });
  await reader.close();
  planted.error = undefined;
  const again = await openReader(env);
  again.watch.connect(writer);
  await until(env, () => again.reader.seq === writer.seq);
  expect(await again.reader.hashes()).toEqual(await writer.hashes());
  await again.reader.close();
  await writer.close();
});
