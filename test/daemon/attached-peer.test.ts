/** Every call of the peer half goes through the socket and comes back as it went. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Receipt } from '../../src/core/index.ts';
import type { PeerApi } from '../../src/engine/index.ts';
import { FakePeer } from '../support/fake-peer.ts';
import { testFolder } from '../support/folder.ts';
import { attach, serveNode } from './served-node.ts';

async function pair(): Promise<{ peer: FakePeer; here: PeerApi; there: PeerApi }> {
  const peer = new FakePeer();
  const here = peer.api();
  const served = await serveNode(join(testFolder('peer'), 'd'), {}, here);
  return { peer, here, there: await attach(served.dataDir) };
}

const RECEIPT: Receipt = {
  seq: 1,
  origin: 'o.1',
  originSeq: 1,
  stamp: 's',
  durability: 'always',
  changed: true,
  replayed: false,
};

async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}

const CALLS: readonly [name: string, call: (api: PeerApi) => Promise<unknown>][] = [
  ['invite', (api) => api.invite()],
  [
    'invite with all',
    (api) => api.invite({ role: 'read', scopes: ['a/', 'ü'], host: 'h', port: 1, expiresMs: 5 }),
  ],
  ['members', (api) => api.members()],
  ['changeMember', (api) => api.changeMember('aa/22?', { role: 'admin', scopes: null })],
  ['changeMember to scopes', (api) => api.changeMember('aa22', { scopes: [] })],
  ['closeMember', (api) => api.closeMember('aa22'.repeat(16), { force: true })],
  ['startTransport', (api) => api.startTransport({ host: '::1', port: 0 })],
  ['stopTransport', (api) => api.stopTransport()],
  ['connect', (api) => api.connect('10.0.0.2:4711', { timeoutMs: 5 })],
  ['disconnect', (api) => api.disconnect('aa22')],
  ['peers', (api) => api.peers()],
  [
    'startDiscovery',
    (api) => api.startDiscovery({ port: 5, targets: ['a:1'], interfaces: ['lo'] }),
  ],
  ['stopDiscovery', (api) => api.stopDiscovery()],
  ['discover', (api) => api.discover({ waitMs: 10 })],
  ['syncStateInfo', (api) => api.syncStateInfo()],
  ['tick', (api) => api.tick({ prune: true })],
  ['outbox', (api) => api.outbox()],
  ['deadLetters', (api) => api.deadLetters()],
  ['retryDeadLetter', (api) => api.retryDeadLetter('d/1')],
  ['retryDeadLetter, dropped', (api) => api.retryDeadLetter('d/1', { drop: true })],
  ['syncWhy', (api) => api.syncWhy('#12')],
  ['forks', (api) => api.forks()],
  ['keepBranch', (api) => api.keepBranch('a.b', { originSeq: 3, digest: 'ff' })],
  ['clockRepair', (api) => api.clockRepair()],
  ['whenAcknowledged', (api) => api.whenAcknowledged(RECEIPT, { by: ['a'], timeoutMs: 1 })],
  ['whenAcknowledged by any', (api) => api.whenAcknowledged(RECEIPT, { by: 'any', timeoutMs: 1 })],
  ['whenStable', (api) => api.whenStable(RECEIPT, { timeoutMs: 1 })],
  ['conflicts', (api) => all(api.conflicts({ prefix: 'a&', limit: 5 }))],
  ['conflict', (api) => api.conflict('user:1')],
  ['no conflict', (api) => api.conflict('../..')],
  ['decidedConflicts', (api) => all(api.decidedConflicts({ prefix: 'a&', limit: 5 }))],
  ['resolve by stamp', (api) => api.resolveConflict('a/b', { stamp: 's1' }, { reason: 'r' })],
  [
    'resolve by value',
    (api) => api.resolveConflict('..', { value: new Date(3) }, { metadata: { a: 2n } }),
  ],
  ['resolve by null', (api) => api.resolveConflict('a', { value: null })],
  ['resolve by nothing', (api) => api.resolveConflict('a', { remove: true }, { commandId: 'c' })],
  ['policies', (api) => api.policies()],
  ['setPolicy', (api) => api.setPolicy('', { policy: 'custom', name: 'sum', version: 2 })],
  ['setPolicy away', (api) => api.setPolicy('a?b', undefined)],
];

/** Without fields that are `undefined`: an option left out and one that is undefined are one. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  if (value instanceof Uint8Array) return value;
  const fields = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(fields.map(([name, item]) => [name, plain(item)]));
}

it.each(CALLS)('%s', async (_name, call) => {
  const { peer, here, there } = await pair();
  const direct = await call(here);
  const [wanted, ...more] = peer.calls.splice(0);
  expect(more).toEqual([]);
  expect(plain(await call(there))).toEqual(plain(direct));
  const [seen] = peer.calls;
  // Defaults that a caller leaves to the callee are not told apart from empty options.
  expect(plain(withoutEmpty(seen))).toEqual(plain(withoutEmpty(wanted)));
});

function withoutEmpty(call: unknown[] | undefined): unknown[] | undefined {
  return call?.filter((item) => Object.keys((plain(item) ?? {}) as object).length > 0);
}

it('knows every call of the interface', () => {
  const called = new Set(CALLS.map(([name]) => name.split(/[ ,]/)[0]));
  const resolved = new Set([...called, 'resolveConflict']);
  const missing = Object.keys(new FakePeer().api()).filter((name) => !resolved.has(name));
  expect(missing).toEqual([]);
});

it('ends a wait when its caller does not want it any more', async () => {
  const { peer, there } = await pair();
  const controller = new AbortController();
  const waiting = there.whenStable(RECEIPT, { signal: controller.signal });
  await expect.poll(() => peer.waits).toBe(1);
  controller.abort();
  await expect(waiting).rejects.toMatchObject({ code: 'aborted' });
  await expect.poll(() => peer.aborted).toBe(1);
});

it('hands errors of the peer half on', async () => {
  const { there } = await pair();
  await expect(there.closeMember('nobody')).rejects.toMatchObject({
    code: 'peer_unknown',
    message: 'no member nobody',
  });
});
