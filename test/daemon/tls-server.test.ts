/** HTTP for other machines: TLS and a token, or no start at all. */
import { writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { openNode } from '../../src/client/directories.ts';
import { initNode } from '../../src/client/index.ts';
import { type HttpOptions, type NodeServer, serveNode } from '../../src/daemon/index.ts';
import { makeCertificate } from '../../src/env/node/node-certificate.ts';
import { nodeEnv } from '../../src/env/node/index.ts';
import { testFolder } from '../support/folder.ts';

function pemFiles(name: string): { cert: string; key: string } {
  const folder = testFolder('tls');
  const { crypto, random } = nodeEnv();
  const privateSeed = random.bytes(32);
  const publicKey = crypto.ed25519PublicKey(privateSeed);
  const made = makeCertificate(crypto, { privateSeed, publicKey });
  const files = { cert: join(folder, `${name}.cert.pem`), key: join(folder, `${name}.key.pem`) };
  writeFileSync(files.cert, made.cert);
  writeFileSync(files.key, made.key);
  return files;
}

async function openWithToken(): Promise<{
  token: string;
  warned: string[];
  serve(http: HttpOptions): Promise<NodeServer>;
}> {
  const dataDir = join(testFolder('tls'), 'd');
  await initNode(dataDir, {});
  const node = await openNode({ dataDir });
  onTestFinished(() => node.close());
  const { token } = await node.createToken({ role: 'read' });
  const warned: string[] = [];
  const ignore = (): void => {};
  const warn = (line: string): void => void warned.push(line);
  const logger = { debug: ignore, info: ignore, warn, error: ignore };
  const serve = async (http: HttpOptions): Promise<NodeServer> => {
    const server = await serveNode(node, { dataDir, http, logger });
    onTestFinished(() => server.close());
    return server;
  };
  return { token, warned, serve };
}

/** The status of one request over TLS, to this machine. */
function statusOf({ url = '' }: NodeServer, token?: string, more: object = {}): Promise<number> {
  const { port } = new URL(url);
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const place = { host: '127.0.0.1', port, path: '/v1/count', agent: false };
  return new Promise((resolve, reject) => {
    const sent = request({ ...place, headers, rejectUnauthorized: false, ...more });
    sent.once('response', (response) => resolve(response.resume().statusCode ?? 0));
    sent.once('error', reject).end();
  });
}

it('lets other machines in with TLS 1.3 and a token', async () => {
  const { token, warned, serve } = await openWithToken();
  const server = await serve({ host: '0.0.0.0', tls: pemFiles('a') });
  expect(server.url).toMatch(/^https:\/\/0\.0\.0\.0:\d+$/);
  expect(await statusOf(server, token)).toBe(200);
  expect(await statusOf(server)).toBe(401);
  await expect(statusOf(server, token, { maxVersion: 'TLSv1.2' })).rejects.toThrow(
    /alert|version/i,
  );
  const plain = fetch(`${server.url?.replace('https://0.0.0.0', 'http://127.0.0.1')}/v1/count`);
  await expect(plain).rejects.toThrow('fetch failed');
  expect(await statusOf(server, token)).toBe(200);
  expect(warned.join()).not.toContain(token);
});

it('does without TLS where that is asked for, and warns', async () => {
  const { token, warned, serve } = await openWithToken();
  const { url = '' } = await serve({ host: '0.0.0.0', isInsecure: true });
  const here = url.replace('0.0.0.0', '127.0.0.1');
  expect((await fetch(`${here}/v1/count`)).status).toBe(401);
  const headers = { authorization: `Bearer ${token}` };
  expect((await fetch(`${here}/v1/count`, { headers })).status).toBe(200);
  expect(warned).toContainEqual(expect.stringContaining('no TLS'));
});

it('does not start in the clear, nor with a key of another certificate, nor with none', async () => {
  const { serve } = await openWithToken();
  await expect(serve({ host: '0.0.0.0' })).rejects.toMatchObject({
    code: 'invalid_options',
    hint: expect.stringContaining('--tls-cert') as string,
  });
  const [one, other] = [pemFiles('one'), pemFiles('other')];
  for (const tls of [
    { cert: one.cert, key: other.key },
    { cert: one.key, key: one.key },
    { cert: one.cert, key: '/no/such.pem' },
  ]) {
    await expect(serve({ tls })).rejects.toMatchObject({ code: 'invalid_options' });
  }
  expect(await statusOf(await serve({ tls: one }))).toBe(401);
});
