/**
 * Who knocks without being a node: each is turned away once, with its reason, and the listener goes
 * on; no socket is left over.
 */
import { randomBytes } from 'node:crypto';
import type * as tls from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { STREAM_REFUSALS } from '../../src/env/index.ts';
import {
  badCertificate,
  dial,
  fortress,
  type Fortress,
  goodCertificate,
  openSockets,
  pause,
  rawTcp,
  rawTls,
  stands,
  until,
  upgradeRequest,
} from './net-raw.ts';

let socketsBefore = 0;
beforeAll(() => {
  socketsBefore = openSockets();
});
afterAll(async () => {
  await until(() => openSockets() === socketsBefore, 3_000);
});

async function against(
  what: (fort: Fortress) => Promise<void>,
  limits?: Parameters<typeof fortress>[0],
): Promise<void> {
  const fort = await fortress(limits);
  try {
    await what(fort);
  } finally {
    await fort.close();
  }
}

/** Asks for a stream over TLS, and is told 403 with the reason. */
async function forbidden(reason: string, options: tls.ConnectionOptions, request?: string) {
  await against(async (fort) => {
    const raw = rawTls(fort.port, options);
    raw.socket.write(request ?? upgradeRequest());
    await until(raw.isClosed);
    expect(raw.text()).toMatch(/^HTTP\/1\.1 403 /);
    expect(raw.text().endsWith(`\r\n\r\n${reason}`)).toBe(true);
    await stands(fort, reason);
  });
}

describe('certificates', () => {
  const { badCertificate: bad } = STREAM_REFUSALS;
  test('none', () => forbidden(STREAM_REFUSALS.noCertificate, {}));
  test('one without a proof', () =>
    forbidden(
      bad,
      badCertificate(() => []),
    ));
  test('two proofs', () =>
    forbidden(
      bad,
      badCertificate((good) => [good, good]),
    ));
  test('an empty proof', () =>
    forbidden(
      bad,
      badCertificate(() => [new Uint8Array()]),
    ));
  test('a proof that is cut off', () =>
    forbidden(
      bad,
      badCertificate((good) => [good.subarray(0, 96)]),
    ));
  test('a proof that is too long', () =>
    forbidden(
      bad,
      badCertificate((good) => [Buffer.concat([good, Uint8Array.of(0)])]),
    ));
  test('a proof of another version', () =>
    forbidden(
      bad,
      badCertificate((good) => {
        const other = Buffer.from(good);
        other[0] = 2;
        return [other];
      }),
    ));
  test('a signature with one bit wrong', () =>
    forbidden(
      bad,
      badCertificate((good) => {
        const other = Buffer.from(good);
        other[60] = (other[60] as number) ^ 1;
        return [other];
      }),
    ));
  test('a proof replayed from the certificate of a member', () => {
    let members: Buffer | undefined;
    badCertificate((good) => {
      members = good;
      return [good];
    });
    return forbidden(
      bad,
      badCertificate(() => [members as Buffer]),
    );
  });
  test('the good proof gets in', () =>
    against(async (fort) => {
      const raw = rawTls(
        fort.port,
        badCertificate((good) => [good]),
      );
      raw.socket.write(upgradeRequest());
      await until(() => raw.text().startsWith('HTTP/1.1 101 '));
      raw.socket.destroy();
      await stands(fort);
    }));
});

describe('TLS', () => {
  test('TLS 1.2', () =>
    against(async (fort) => {
      const raw = rawTls(fort.port, { ...goodCertificate(), maxVersion: 'TLSv1.2' });
      await until(raw.isClosed);
      await stands(fort, STREAM_REFUSALS.tooOldTls);
    }));
  test('another protocol by ALPN, or none', () =>
    against(async (fort) => {
      const other = rawTls(fort.port, { ...goodCertificate(), ALPNProtocols: ['h2'] });
      await until(other.isClosed);
      const none = rawTls(fort.port, { ...goodCertificate(), ALPNProtocols: [] });
      none.socket.write(upgradeRequest());
      await until(none.isClosed);
      await stands(fort, STREAM_REFUSALS.otherProtocol, STREAM_REFUSALS.otherProtocol);
    }));
  test('no session is resumed', () =>
    against(async (fort) => {
      const certified = goodCertificate();
      const sessions: Buffer[] = [];
      const first = rawTls(fort.port, certified);
      first.socket.on('session', (session: Buffer) => void sessions.push(session));
      first.socket.write(upgradeRequest());
      await until(() => first.text().includes('101'));
      await pause(30);
      const [session] = sessions;
      const second = rawTls(
        fort.port,
        session === undefined ? certified : { ...certified, session },
      );
      second.socket.write(upgradeRequest());
      await until(() => second.text().includes('101'));
      expect((second.socket as tls.TLSSocket).isSessionReused()).toBe(false);
      first.socket.destroy();
      second.socket.destroy();
      await stands(fort);
    }));
});

describe('requests', () => {
  const { badRequest } = STREAM_REFUSALS;
  const good = goodCertificate();
  test('a browser', () =>
    forbidden(STREAM_REFUSALS.browser, good, upgradeRequest('/peer', 'Origin: https://x.example')));
  test('another path', () =>
    forbidden(STREAM_REFUSALS.unknownPath, good, upgradeRequest('/peer?x=1')));
  test('no upgrade', () => forbidden(badRequest, good, 'GET /peer HTTP/1.1\r\nHost: a\r\n\r\n'));
  test('CONNECT', () => forbidden(badRequest, good, 'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n'));
  test('an upgrade to something else', () =>
    forbidden(badRequest, good, upgradeRequest().replace('websocket', 'h2c')));
  test('a bad key of WebSocket', () =>
    forbidden(badRequest, good, upgradeRequest().replace(/Key: \S+/, 'Key: no')));
  test('a body with the request', () =>
    forbidden(
      badRequest,
      good,
      'POST /peer HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n12345',
    ));
  test('headers without end', () =>
    forbidden(badRequest, good, `GET /peer HTTP/1.1\r\nX: ${'x'.repeat(20_000)}`));
  test('not HTTP', () => forbidden(badRequest, good, '\0\x01\x02 hello\r\n\r\n'));
});

describe('not TLS at all', () => {
  test('plain HTTP', () =>
    against(async (fort) => {
      const raw = await rawTcp(fort.port);
      raw.socket.write(upgradeRequest());
      await until(raw.isClosed);
      await stands(fort, STREAM_REFUSALS.notTls);
    }));
  test('garbage', () =>
    against(async (fort) => {
      for (let round = 0; round < 20; round++) {
        const raw = await rawTcp(fort.port);
        // The first byte of a TLS record that begins a handshake is 0x16.
        raw.socket.write(Buffer.concat([Uint8Array.of(0x80 + round), randomBytes(2_000)]));
        await until(raw.isClosed);
      }
      await stands(fort, ...Array.from({ length: 20 }, () => STREAM_REFUSALS.notTls));
    }));
  test('garbage that begins like TLS', () =>
    against(async (fort) => {
      const raw = await rawTcp(fort.port);
      raw.socket.write(Buffer.concat([Buffer.from('1603010200', 'hex'), randomBytes(512)]));
      await until(raw.isClosed);
      await stands(fort, STREAM_REFUSALS.badTls);
    }));
  test('a port scan: connect and close', () =>
    against(async (fort) => {
      for (let round = 0; round < 10; round++) {
        const raw = await rawTcp(fort.port);
        if (round % 2 === 0) raw.socket.destroy();
        else raw.socket.resetAndDestroy();
      }
      await stands(fort, ...Array.from({ length: 10 }, () => STREAM_REFUSALS.left));
    }));
  test('TLS, and then gone', () =>
    against(async (fort) => {
      const raw = rawTls(fort.port, goodCertificate());
      await new Promise((resolve) => raw.socket.once('secureConnect', resolve));
      raw.socket.end();
      await stands(fort, STREAM_REFUSALS.left);
    }));
});

describe('too slow', () => {
  const limits = { handshakeMs: 300 };
  test('silent TCP, silent TLS, a request byte by byte', () =>
    against(async (fort) => {
      const silent = await rawTcp(fort.port);
      const secure = rawTls(fort.port, goodCertificate());
      const slow = rawTls(fort.port, goodCertificate());
      slow.socket.write('GET /peer HTTP/1.1\r\nX: ');
      const drip = setInterval(() => slow.socket.write('x'), 20);
      await until(() => silent.isClosed() && secure.isClosed() && slow.isClosed(), 3_000);
      clearInterval(drip);
      const { tooSlow } = STREAM_REFUSALS;
      await stands(fort, tooSlow, tooSlow, tooSlow);
    }, limits));
  test('a refused one that does not go', () =>
    against(async (fort) => {
      const raw = rawTls(fort.port, {});
      raw.socket.write(upgradeRequest());
      raw.socket.pause();
      await until(() => fort.refused.length === 1);
      raw.socket.allowHalfOpen = true;
      const before = openSockets();
      await until(() => openSockets() < before, 3_000);
      raw.socket.destroy();
      await stands(fort, STREAM_REFUSALS.noCertificate);
    }, limits));
});

test('too many connections: from one address, and in all', async () => {
  for (const which of ['tooMany', 'tooManyFromAddress'] as const) {
    const limits = which === 'tooMany' ? { streamsMax: 3 } : { streamsPerAddressMax: 3 };
    await against(async (fort) => {
      const first = [];
      for (let round = 0; round < 3; round++) first.push(await rawTcp(fort.port));
      await pause(20);
      for (let round = 0; round < 4; round++) {
        const raw = await rawTcp(fort.port);
        await until(raw.isClosed);
      }
      expect(fort.refused).toEqual(Array.from({ length: 4 }, () => STREAM_REFUSALS[which]));
      await expect(dial(fort.port)).rejects.toMatchObject({ code: 'ECLOSED' });
      for (const { socket } of first) socket.destroy();
      const { left } = STREAM_REFUSALS;
      await until(() => fort.refused.filter((reason) => reason === left).length === 3);
      fort.refused.length = 0;
      await stands(fort);
    }, limits);
  }
});
