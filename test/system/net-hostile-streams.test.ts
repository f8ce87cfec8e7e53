/**
 * Nodes that got in and then misbehave, and listeners that are none: memory is bounded, the reason
 * is known, nothing is thrown.
 */
import * as net from 'node:net';
import * as tls from 'node:tls';
import { describe, expect, test } from 'vitest';
import { STREAM_ENDS } from '../../src/env/index.ts';
import { hear } from '../../src/testing/stream-pair.ts';
import {
  badCertificate,
  dial,
  fortress,
  goodCertificate,
  HOST,
  LIMITS,
  pause,
  rawStream,
  remember,
  stands,
  until,
} from './net-raw.ts';

const MASK = [0, 0, 0, 0];

describe('frames', () => {
  const huge = [0x82, 0xff, 0, 0, 0, 1, 0, 0, 0, 0, ...MASK];
  const over = [0x82, 0xff, 0, 0, 0, 0, 0, 0x10, 0, 1, ...MASK];
  const cases: [name: string, bytes: number[], reason: string][] = [
    ['announces 4 GiB', huge, STREAM_ENDS.tooLong],
    ['announces one byte over the limit', over, STREAM_ENDS.tooLong],
    ['announces 2^63 bytes', [0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, ...MASK], STREAM_ENDS.tooLong],
    ['is text', [0x81, 0x82, ...MASK, 104, 105], STREAM_ENDS.malformed],
    ['is not masked', [0x82, 0x01, 7], STREAM_ENDS.malformed],
    ['is compressed', [0xc2, 0x81, ...MASK, 7], STREAM_ENDS.malformed],
    ['continues nothing', [0x80, 0x81, ...MASK, 7], STREAM_ENDS.malformed],
    ['is of an unknown kind', [0x83, 0x81, ...MASK, 7], STREAM_ENDS.malformed],
  ];
  test.each(cases)('one that %s ends the stream', async (_name, bytes, reason) => {
    const fort = await fortress();
    const { raw, end } = await rawStream(fort);
    const before = process.memoryUsage().arrayBuffers;
    raw.socket.write(Uint8Array.from(bytes));
    await until(() => end.closes.length === 1, 3_000);
    expect(end.closes).toEqual([reason]);
    expect(end.messages).toEqual([]);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2_000_000);
    await until(raw.isClosed, 3_000);
    await stands(fort);
    await fort.close();
  });

  test('fragments that together are too long', async () => {
    const fort = await fortress({ messageBytesMax: 1_000 });
    const { raw, end } = await rawStream(fort);
    const part = [...MASK, ...Array.from({ length: 100 }, () => 1)];
    raw.socket.write(Uint8Array.of(0x02, 0x80 + 100, ...part));
    for (let at = 0; at < 20; at++) raw.socket.write(Uint8Array.of(0x00, 0x80 + 100, ...part));
    await until(() => end.closes.length === 1, 3_000);
    expect(end.closes).toEqual([STREAM_ENDS.tooLong]);
    await fort.close();
  });
});

test('a peer that never reads: what is buffered is what its sender chose, and is seen', async () => {
  const fort = await fortress();
  const { raw, end } = await rawStream(fort);
  raw.socket.pause();
  const chosen = 4 * 1_048_576;
  const before = process.memoryUsage().arrayBuffers;
  let sent = 0;
  for (let round = 0; round < 200; round++) {
    while (end.stream.bufferedBytes < chosen) {
      end.stream.send(new Uint8Array(262_144));
      sent += 262_144;
    }
    await pause(1);
  }
  expect(end.stream.bufferedBytes).toBeGreaterThanOrEqual(chosen);
  expect(end.stream.bufferedBytes).toBeLessThan(chosen + 262_144 + 1);
  // Kernel buffers on loopback take some MiB; the rest is what was chosen, at most twice (TLS).
  expect(sent).toBeLessThan(40 * 1_048_576);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 * chosen);
  expect(end.drains).toBe(0);
  end.stream.close('too slow');
  await until(() => end.closes.length === 1, 3_000);
  raw.socket.destroy();
  await stands(fort);
  await fort.close();
});

test('a flood of pings from one that never reads the answers ends', async () => {
  const fort = await fortress();
  const { raw, end } = await rawStream(fort);
  raw.socket.pause();
  const ping = Uint8Array.of(0x89, 0x80 + 4, ...MASK, 1, 2, 3, 4);
  const pings = Buffer.concat(Array.from({ length: 20_000 }, () => ping));
  const before = process.memoryUsage().arrayBuffers;
  const flood = setInterval(() => raw.socket.write(pings), 1);
  await until(() => end.closes.length === 1 || raw.isClosed(), 20_000);
  clearInterval(flood);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100_000_000);
  raw.socket.destroy();
  await stands(fort);
  await fort.close();
});

test('a member whose process is gone is lost', async () => {
  const fort = await fortress();
  const { raw, end } = await rawStream(fort);
  raw.socket.destroy();
  await until(() => end.closes.length === 1, 3_000);
  expect(end.closes).toEqual([STREAM_ENDS.lost]);
  await fort.close();
});

describe('listeners that are no nodes', () => {
  /** What it was sent after TLS is what it could learn. */
  async function fake(
    server: net.Server,
    options: Parameters<typeof dial>[1],
    expected: object,
  ): Promise<void> {
    await new Promise<void>((resolve) => void server.listen(0, HOST, resolve));
    const { port } = server.address() as net.AddressInfo;
    try {
      await expect(dial(port, options)).rejects.toMatchObject(expected);
    } finally {
      server.close();
    }
  }
  const limits = { ...LIMITS, handshakeMs: 300 };

  test('silent', () => {
    const server = net.createServer((socket) => void remember(socket));
    return fake(server, { limits }, { code: 'ETIMEDOUT' });
  });
  test('one that hangs up', () =>
    fake(
      net.createServer((socket) => socket.destroy()),
      {},
      { code: 'ECLOSED' },
    ));
  test('one that speaks something else', () => {
    const server = net.createServer((socket) => {
      remember(socket).socket.write('SSH-2.0-OpenSSH_9.9\r\n'.repeat(30));
    });
    return fake(server, {}, { code: 'EPEERKEY' });
  });

  function secureServer(
    options: tls.TlsOptions,
    answer: (socket: tls.TLSSocket) => void = () => {},
  ): { server: tls.Server; received: () => string } {
    let received = '';
    const server = tls.createServer({ requestCert: true, rejectUnauthorized: false, ...options });
    server.on('secureConnection', (socket) => {
      remember(socket);
      socket.on('data', (chunk) => {
        received += chunk.toString('latin1');
        answer(socket);
      });
    });
    server.on('tlsClientError', () => undefined);
    return { server, received: () => received };
  }
  const ALPNProtocols = ['adastra/1'];

  test('TLS 1.2', () => {
    const { server } = secureServer({ ...goodCertificate(), maxVersion: 'TLSv1.2' });
    return fake(server, {}, { code: 'EPEERKEY' });
  });
  test('no proof in its certificate: nothing is sent', async () => {
    const { server, received } = secureServer({ ...badCertificate(() => []), ALPNProtocols });
    await fake(server, {}, { code: 'EPEERKEY' });
    expect(received()).toBe('');
  });
  test('another key than the pinned one: nothing is sent', async () => {
    const { server, received } = secureServer({ ...goodCertificate(), ALPNProtocols });
    await fake(server, { expectedKeyId: new Uint8Array(16) }, { code: 'EPEERKEY' });
    expect(received()).toBe('');
  });
  test('an endless refusal is cut', async () => {
    const endless = `HTTP/1.1 403 Forbidden\r\n\r\n${'no\r\n\x1b[31m'.repeat(100_000)}`;
    const { server } = secureServer({ ...goodCertificate(), ALPNProtocols }, (socket) => {
      socket.write(endless);
    });
    const reason = expect.stringMatching(/^[\x20-\x7e]{1,120}$/) as string;
    await fake(server, {}, { code: 'EREFUSED', reason });
  });
  test('another status, a redirect, a wrong answer to the upgrade', async () => {
    const answers: [text: string, code: string][] = [
      ['HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n', 'EREFUSED'],
      [
        'HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n',
        'EREFUSED',
      ],
      ['HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n', 'ECLOSED'],
      ['what?\r\n\r\n', 'ECLOSED'],
    ];
    for (const [text, code] of answers) {
      const { server } = secureServer({ ...goodCertificate(), ALPNProtocols }, (socket) => {
        socket.write(text);
      });
      await fake(server, {}, { code });
    }
  });
  test('one that is silent after the key', () => {
    const { server } = secureServer({ ...goodCertificate(), ALPNProtocols });
    return fake(server, { limits }, { code: 'ETIMEDOUT' });
  });
});

test('a short message does not hold on to the chunk that it came in', async () => {
  const fort = await fortress();
  const { raw, end } = await rawStream(fort);
  const frame = Uint8Array.of(0x82, 0x80 + 4, ...MASK, 1, 2, 3, 4);
  raw.socket.write(Buffer.concat(Array.from({ length: 100 }, () => frame)));
  await until(() => end.messages.length === 100);
  expect(Math.max(...end.messages.map(({ buffer }) => buffer.byteLength))).toBeLessThanOrEqual(8);
  raw.socket.destroy();
  await fort.close();
});

test('a large message arrives, and the bytes of its sender stay as they were', async () => {
  const fort = await fortress();
  const stream = await dial(fort.port);
  const client = hear(stream);
  await until(() => fort.ends.length === 1);
  const bytes = new Uint8Array(1_000_000).fill(9);
  stream.send(bytes);
  await until(() => fort.ends[0]?.messages.length === 1);
  expect(bytes.every((byte) => byte === 9)).toBe(true);
  expect(fort.ends[0]?.messages[0]?.byteLength).toBe(1_000_000);
  expect(fort.ends[0]?.stream.bytesIn).toBeGreaterThan(1_000_000);
  expect(stream.bytesOut).toBeGreaterThan(1_000_000);
  stream.close('done');
  await until(() => client.closes.length === 1);
  await fort.close();
});
