import { expect, test } from 'vitest';
import { figure, TIMEOUT_MS } from '../support/long.ts';
import { runPeerHistory } from '../support/peer-histories.ts';

test('whatever happened, nodes that meet again become equal (INV-7)', async () => {
  const count = figure({ short: 40, long: 10_000 });
  for (let seed = 0; seed < count; seed++) {
    const end = await runPeerHistory({ seed, steps: 30 });
    expect(end.equal, `seed ${seed}\n${end.detail}\n${end.logs.slice(-30).join('\n')}`).toBe(true);
    expect(new Set(end.contents).size, `seed ${seed}: contents`).toBe(1);
  }
}, TIMEOUT_MS);
