import { expect, test } from 'vitest';
import {
  append,
  DATA,
  logEnv,
  newLog,
  openLog,
  segmentFile,
} from '../../test/support/log-fixture.ts';
import { recoverLog } from './recovery.ts';

/** A reader that the writer overtakes before read number `at`; whether it saw damage. */
function readOvertaken(at: number): { reads: number; damage: unknown } {
  const env = logEnv();
  newLog(env);
  const { log } = openLog(env, { options: { preallocate: true, preallocateBytes: 64 * 1024 } });
  for (const content of ['a', 'b', 'c']) append(log, content, 'now');
  let reads = 0;
  env.fs.setOnRead(({ kind, path }) => {
    if (kind !== 'read' || path !== segmentFile()) return;
    reads++;
    if (reads !== at) return;
    // Far enough to reach into what the reader has not read yet.
    for (const content of ['d', 'e', 'f']) append(log, content.repeat(3000), 'now');
  });
  const opened = recoverLog(env, DATA, { access: 'read', options: { readBytes: 1024 } });
  env.fs.setOnRead(undefined);
  if (!opened.ok) throw opened.error;
  opened.value.log.abandon();
  return { reads, damage: opened.value.report.damage };
}

test('a writer that goes on while the log is read for reading is never damage', () => {
  const { reads } = readOvertaken(0);
  expect(reads).toBeGreaterThan(3);
  for (let at = 1; at <= reads; at++) {
    expect(readOvertaken(at).damage, `overtaken before read ${at}`).toBeUndefined();
  }
});
