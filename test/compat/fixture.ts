/**
 * The data directory that stands for a format: made once by the code of its day with `make.ts`,
 * kept as files, opened by today's. It holds what a format can hold: every codec, a remove, a
 * transaction with metadata, an operation, a commandId, a revert, two terms, a checkpoint in the
 * middle.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, defineOperation } from '../../src/client/index.ts';

const add = defineOperation<{ key: string; by: number }>({
  name: 'add',
  version: 2,
  handler: (tx, { key, by }) => tx.put(key, (tx.get(key) as number) + by),
});

/** What the fixture's keys must read as. */
export const EXPECTED: readonly (readonly [string, unknown])[] = [
  ['bytes', Uint8Array.of(0, 1, 254, 255)],
  ['count', 42],
  ['date', { at: new Date('2026-11-21T10:20:30.400Z'), big: 12345678901234567890n }],
  ['list', [1, 'zwei', null, true, { deep: ['ü', '😀'] }]],
  ['text', 'Grüße'],
  ['ключ/😀', 'key beyond ASCII'],
];

/** Writes the fixture into an empty directory: `data` and what it must hash to. */
export async function makeFixture(directory: string): Promise<void> {
  const dataDir = join(directory, 'data');
  const options = { dataDir, operations: [add], checkpointBytes: 0 };
  const first = await Client.open({ ...options, nodeId: 'fixture', displayName: 'a fixture' });
  for (const [key, value] of EXPECTED.slice(0, 1)) await first.put(key, value as never);
  await first.put('gone', { soon: true }, { actor: 'maker', reason: 'to be removed' });
  await first.remove('gone');
  await first.checkpoint();
  await first.close();
  const second = await Client.open(options);
  await second.transact(
    (tx) => {
      for (const [key, value] of EXPECTED.slice(2)) tx.put(key, value as never);
      tx.put('count', 40);
    },
    { metadata: { from: 'fixture' } },
  );
  const args = { key: 'count', by: 2 };
  await second.commit({ operations: [{ op: 'add', args }], commandId: 'command-1' });
  const { seq } = await second.put('text', 'taken back');
  await second.revert(seq, { reason: 'the fixture wants it so' });
  writeFileSync(
    join(directory, 'expected.json'),
    `${JSON.stringify(await second.hashes(), null, 2)}\n`,
  );
  await second.close();
}
