/** A server that stops: what was admitted is answered, what comes later is refused unharmed. */
import { Agent } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { RequestMeter } from '../../src/daemon/request-meter.ts';
import { testFolder } from '../support/folder.ts';
import { type Answer, ask, serveNode, type ServedNode } from './served-node.ts';

function put(served: ServedNode, key: string, agent: Agent): Promise<Answer> {
  const path = `/v1/entry?key=${key}`;
  return ask(served, { method: 'PUT', path, send: '{"value":1}', agent });
}

it('answers what it has in hand, and refuses what comes then', async () => {
  let release = (): void => {};
  const gate = new Promise<void>((resolve) => (release = resolve));
  const meter = new RequestMeter();
  const waiting = { put: () => gate.then(() => ({ seq: 7 })) };
  const served = await serveNode(join(testFolder('stop'), 'd'), { meter }, waiting);
  const agents = [1, 2].map(() => new Agent({ keepAlive: true, maxSockets: 1 }));
  const [first, second] = agents.map((agent) => put(served, 'a', agent));
  const isIn = () => ask(served, { path: '/v1/count' }).then(() => true);
  await expect.poll(isIn).toBe(true);
  await sleep(50);
  const closing = served.server.close();
  // Sent on the connection that waits for its answer: read when that one is answered.
  const late = put(served, 'b', agents[0] as Agent).catch((error: Error) => error.message);
  await sleep(50);
  release();
  for (const answer of [await first, await second]) {
    expect([answer?.status, answer?.json]).toEqual([200, { seq: 7 }]);
  }
  await closing;
  expect(await late).toMatch(/ECONNREFUSED|ENOENT|ECONNRESET|socket hang up/);
  expect(meter.total).toBe(3);
});

it('comes to its end though clients never pause', async () => {
  const meter = new RequestMeter();
  const served = await serveNode(join(testFolder('stop'), 'd'), {
    meter,
    limits: { graceMs: 60_000 },
  });
  const acknowledged = new Set<string>();
  const client = async (name: number): Promise<string> => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let round = 0; ; round++) {
      const key = `k${name}-${round}`;
      try {
        const { status, json } = await put(served, key, agent);
        if (status === 200) acknowledged.add(key);
        else if (json['code'] !== 'closed') return `${status}`;
      } catch (error) {
        return (error as NodeJS.ErrnoException).code ?? '';
      }
    }
  };
  const clients = Array.from({ length: 8 }, (_, name) => client(name));
  await expect.poll(() => acknowledged.size).toBeGreaterThan(50);
  await served.server.close();
  for (const end of await Promise.all(clients)) expect(end).toMatch(/^E/);
  for (const key of acknowledged) expect(await served.node.get(key)).toBe(1);
});

it('cuts off what takes longer than the grace, and says so', async () => {
  const warned: string[] = [];
  const ignore = (): void => {};
  const logger = {
    debug: ignore,
    info: ignore,
    warn: (words: string) => warned.push(words),
    error: ignore,
  };
  const stuck = { put: () => new Promise(() => {}) };
  const served = await serveNode(
    join(testFolder('stop'), 'd'),
    { logger, limits: { graceMs: 100 } },
    stuck,
  );
  const agent = new Agent({ keepAlive: true });
  const answer = put(served, 'a', agent).catch((error: Error) => error.message);
  await sleep(50);
  await served.server.close();
  expect(await answer).toMatch(/socket hang up|ECONNRESET/);
  expect(warned).toEqual([expect.stringContaining('cut off')]);
});
