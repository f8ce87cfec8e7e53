/**
 * INV-5 and INV-6 on the log of a whole day: applying every batch a second and a third time changes
 * nothing, and replay that stops at any seq gives the state that was there then.
 */
import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../src/core/index.ts';
import { stateAt } from '../../src/engine/index.ts';
import { openReplica } from '../../src/engine/replica.ts';
import { Replay } from '../../src/store/transactions/index.ts';
import { worked } from './crash-suite.ts';
import { FOUNDING, stateText } from './history.ts';
import { DATA } from './scenario.ts';

const limits = DEFAULT_LIMITS;

describe('the log of a day', () => {
  test('changes nothing when it is applied again', async () => {
    const run = await worked({ level: 'mixed' }, Number.POSITIVE_INFINITY);
    await run.close();
    const { replica, log } = openReplica(run.env, DATA, { access: 'read', limits, fromBase: true });
    const once = [replica.storage.stateHash(), replica.storage.contentHash()];
    for (let round = 0; round < 2; round++) {
      const again = new Replay(replica, 0);
      for (const batch of log.read(1)) again.apply(batch);
      expect(again.seq).toBe(log.headSeq);
      expect([replica.storage.stateHash(), replica.storage.contentHash()]).toEqual(once);
    }
    log.abandon();
  });

  test('gives the state of any seq', async () => {
    const run = await worked({ level: 'os' }, Number.POSITIVE_INFINITY);
    await run.close();
    const { admitted } = run.history;
    const bounds = { limits, baseSeq: 0, headSeq: admitted.length + FOUNDING };
    expect(admitted.length).toBeGreaterThan(30);
    for (let count = 0; count <= admitted.length; count++) {
      const reads = stateAt(run.env, DATA, count + FOUNDING, bounds);
      expect(stateText(reads.list())).toBe(stateText(run.history.stateAt(count)));
    }
  });
});
