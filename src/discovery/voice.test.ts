/** What a node says and when: counters, nonces, periods. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { CRYPTO, identityOf, WORLD_ID } from '../../test/support/discovery-node.ts';
import { MemoryClock, MemoryRandom } from '../env/memory/index.ts';
import { type Datagram, decodeDatagram } from './datagram.ts';
import { resolveLimits } from './limits.ts';
import { Schedule } from './schedule.ts';
import { Voice } from './voice.ts';

const AT = { addresses: [], port: 0 };

function voiceOf(): Voice {
  const env = { clock: new MemoryClock(), random: new MemoryRandom(1), crypto: CRYPTO };
  return new Voice(env, identityOf(1), { worldId: WORLD_ID, term: 4, replyMs: 10_000 });
}

function read(bytes: Uint8Array): Datagram {
  const decoded = decodeDatagram(bytes);
  if (!decoded.ok) throw new Error(decoded.error);
  return decoded.value;
}

it('counts over everything that it says', () => {
  const voice = voiceOf();
  const nonce = new Uint8Array(16).fill(3);
  const said = [
    voice.announce(AT),
    voice.probe(AT, 0),
    voice.reply(nonce, AT),
    voice.goodbye(),
  ].map(read);
  expect(said.map(({ kind, counter }) => [kind, counter])).toEqual([
    ['announce', 1],
    ['probe', 2],
    ['reply', 3],
    ['goodbye', 4],
  ]);
  expect(said[2]?.nonce).toEqual(nonce);
  expect(new Set(said.map(({ session }) => JSON.stringify(session))).size).toBe(1);
  expect(said[0]?.session.term).toBe(4);
});

it('knows its own nonces, for ten seconds, and the last sixteen', () => {
  const voice = voiceOf();
  const { nonce } = read(voice.probe(AT, 1_000));
  expect(voice.isAsked(nonce, 11_000)).toBe(true);
  expect(voice.isAsked(nonce, 11_001)).toBe(false);
  expect(voice.isAsked(nonce.with(15, (nonce[15] as number) ^ 1), 1_000)).toBe(false);
  for (let index = 0; index < 15; index++) voice.probe(AT, 1_000);
  expect(voice.isAsked(nonce, 1_000)).toBe(true);
  voice.probe(AT, 1_000);
  expect(voice.isAsked(nonce, 1_000)).toBe(false);
});

it('announces at 0, about 1 and 3 s, then every 30 s, a fifth more or less, and not in step', () => {
  const pauses = new Set<number>();
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      const schedule = new Schedule(resolveLimits(), new MemoryRandom(seed), 500);
      expect(schedule.takeProbe(500)).toBe(true);
      let lastMs = 500;
      for (const wantedMs of [0, 1_000, 2_000, 30_000, 30_000]) {
        expect(schedule.takeAnnounce(lastMs + wantedMs * 0.8 - 1)).toBe(false);
        let nowMs = lastMs + wantedMs * 0.8;
        while (!schedule.takeAnnounce(nowMs)) nowMs += 10;
        const pauseMs = nowMs - lastMs;
        expect(pauseMs).toBeLessThanOrEqual(wantedMs * 1.2 + 10);
        if (wantedMs === 30_000) pauses.add(pauseMs);
        lastMs = nowMs;
      }
    }),
  );
  expect(pauses.size).toBeGreaterThan(50);
});

it('asks at once, and then never twice within a second', () => {
  const schedule = new Schedule(resolveLimits(), new MemoryRandom(1), 0);
  expect([0, 0, 999].map((nowMs) => schedule.takeProbe(nowMs))).toEqual([true, false, false]);
  schedule.wantProbe();
  expect([999, 1_000, 5_000].map((nowMs) => schedule.takeProbe(nowMs))).toEqual([
    false,
    true,
    false,
  ]);
});
