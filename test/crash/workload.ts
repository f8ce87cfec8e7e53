/**
 * The scripted day of a node: first initialisation, single and concurrent writes, transactions, an
 * operation, removes, commands and their retries, refusals, checkpoints, rotation, idle marks, a
 * clean close and a second life. Where the disk freezes, the rest of the day fails step by step;
 * every call must still end.
 */
import type { Value } from '../../src/core/index.ts';
import type { Run } from './run.ts';

let counter = 0;

/** A value that is like no other; `bytes` of it fill sectors. */
export function value(bytes = 0): Value {
  return bytes === 0 ? { n: ++counter } : { n: ++counter, pad: 'x'.repeat(bytes) };
}

/** Everything, from an empty disk on. Ends early only where the node could not be opened. */
export async function workload(run: Run): Promise<void> {
  counter = 0;
  if (!(await opened(run))) return;
  await firstHours(run);
  await crowd(run);
  await bigOnes(run);
  await run.close();
  if (!(await opened(run))) return;
  await secondLife(run);
}

async function opened(run: Run): Promise<boolean> {
  try {
    await run.open();
    return true;
  } catch (error) {
    if (!run.fs.isFrozen) throw error;
    return false;
  }
}

async function firstHours(run: Run): Promise<void> {
  await run.put('a', value());
  const named = value();
  await run.put('b', named, { commandId: 'command-1', metadata: { by: 'test' } });
  await Promise.all([
    run.put('c', value()),
    run.put('d', value(600)),
    run.transact([
      ['e', value()],
      ['f', value(700)],
      ['a', value()],
    ]),
  ]);
  run.look();
  await run.move('e', 'g', { commandId: 'command-2', reason: 'tidy' });
  await run.remove('b');
  run.look();
  await run.again('command-1', (engine) => engine.put('b', named, { commandId: 'command-1' }));
}

async function crowd(run: Run): Promise<void> {
  const writes: Promise<unknown>[] = [run.put('a', value()), run.put('h', value())];
  writes.push(
    run.refused('condition_failed', (engine) => engine.put('h', 1, { ifAbsent: true })),
    run.refused('reserved_key', (engine) => engine.put('$x', 1)),
  );
  for (let at = 0; at < 5; at++) writes.push(run.put(`crowd/${at}`, value(at * 90)));
  await Promise.all(writes);
  run.look();
  await run.checkpoint();
  await run.put('c', value());
}

async function bigOnes(run: Run): Promise<void> {
  for (let at = 0; at < 5; at++) await run.put(`big/${at}`, value(1300));
  await run.flush();
  await run.transact([
    ['big/0', undefined],
    ['big/1', value(1500)],
    ['c', value()],
  ]);
  await run.idle(150);
  await run.put('a', value());
  await run.idle(150);
  await run.idle(150);
}

async function secondLife(run: Run): Promise<void> {
  await run.again('command-2', (engine) =>
    engine.commit({
      commandId: 'command-2',
      operations: [{ op: 'move', args: { from: 'e', to: 'g' } }],
    }),
  );
  await Promise.all([
    run.put('big/2', value(1200)),
    run.put('big/3', value(1200)),
    run.remove('big/4'),
    run.put('d', value(), { commandId: 'command-3' }),
  ]);
  const checkpoint = run.checkpoint();
  await Promise.all([run.put('during', value()), run.put('during', value(800)), checkpoint]);
  run.look();
  for (let at = 0; at < 5; at++) await run.put(`big/${at}`, value(1400));
  await run.checkpoint();
  await run.remove('during');
  await Promise.all([run.put('z', value(500)), run.put('y', value(500))]);
  await run.flush();
  await run.put('last', value(1600), { durability: 'os' });
  await run.put('last', value(), { durability: 'os', commandId: 'command-4' });
  run.look();
}
