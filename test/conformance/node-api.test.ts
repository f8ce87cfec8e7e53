/** One contract over a node in this process, over one behind its socket, and over HTTP by TCP. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'vitest';
import { initNode, openNode } from '../../src/client/index.ts';
import { attachTo, serveNode, type ServedNode } from '../../src/daemon/index.ts';
import { HttpClient } from '../../src/http/index.ts';
import {
  contractProjections,
  type NodeApiUnderTest,
  nodeApiContract,
} from '../../src/testing/index.ts';

interface Opened {
  readonly dataDir: string;
  readonly api: ServedNode;
  readonly cleanup: () => Promise<void>;
}

async function openNew(): Promise<Opened> {
  const dataDir = mkdtempSync(join(tmpdir(), 'adastra-api-'));
  await initNode(dataDir, { nodeId: 'contract' });
  const engine = await openNode({ dataDir, projections: contractProjections });
  const cleanup = async (): Promise<void> => {
    await engine.close();
    rmSync(dataDir, { recursive: true, force: true });
  };
  return { dataDir, api: engine, cleanup };
}

async function openAttached(): Promise<NodeApiUnderTest> {
  const { dataDir, api: engine, cleanup } = await openNew();
  const server = await serveNode(engine, { dataDir });
  const api = await attachTo(dataDir);
  if (api === undefined) throw new Error('nobody answers');
  const cleanupAll = async (): Promise<void> => {
    await api.close();
    await server.close();
    await cleanup();
  };
  return { api, cleanup: cleanupAll };
}

async function openHttp(): Promise<NodeApiUnderTest> {
  const { dataDir, api: engine, cleanup } = await openNew();
  const server = await serveNode(engine, { dataDir, http: {} });
  const { token } = await engine.createToken({ role: 'admin' });
  const api = new HttpClient({ url: server.url ?? '', token });
  const cleanupAll = async (): Promise<void> => {
    await api.close();
    await server.close();
    await cleanup();
  };
  return { api, cleanup: cleanupAll };
}

describe('an engine', () => {
  for (const { name, run } of nodeApiContract(openNew)) test(name, run);
});

describe('a node behind its socket', () => {
  for (const { name, run } of nodeApiContract(openAttached)) test(name, run);
});

describe('a node over HTTP', () => {
  for (const { name, run } of nodeApiContract(openHttp)) test(name, run);
});
