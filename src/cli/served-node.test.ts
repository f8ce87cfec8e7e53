import { beforeEach, expect, it } from 'vitest';
import { FakeDirectory, FakeWorld } from '../../test/support/fake-node.ts';
import { AdastraError } from '../core/index.ts';
import { NodeSession } from './node-session.ts';
import { ServedNode } from './served-node.ts';

let world: FakeWorld;
let session: NodeSession;
let lines: string[];
let served: ServedNode;

const note = (line: string): void => void lines.push(line);

beforeEach(() => {
  world = new FakeWorld();
  lines = [];
  world.directories.set('/data', new FakeDirectory());
  session = new NodeSession(world, { dataDir: '/data', durability: undefined, readOnly: false });
  const log = { debug: note, info: note, warn: note, error: note };
  served = new ServedNode(session, { log, onStop: () => {} });
});

const starts = (): unknown[] => world.peer.calls.filter(([name]) => name === 'startTransport');

it('goes down before its node is closed, and comes back on the same port', async () => {
  await served.serve();
  await served.serve();
  expect(served.address).toBe('127.0.0.1:40000');
  await session.close();
  expect(world.calls).toEqual(['serve', 'announce 127.0.0.1:40000', 'unserve', 'close']);
  expect(world.peer.transport.state).toBe('off');
  await served.serve();
  expect(starts()).toEqual([
    ['startTransport', { host: '127.0.0.1', port: 0 }],
    ['startTransport', { host: '127.0.0.1', port: 40_000 }],
  ]);
  await session.close();
});

it('works without a socket or a listener, and says so', async () => {
  world.serve = () => Promise.reject(new AdastraError('io_error', 'no sockets here'));
  world.peer.transportFault = new AdastraError('port_in_use', 'taken');
  await served.serve();
  expect(served.address).toBeUndefined();
  expect(lines).toEqual([
    expect.stringContaining('no sockets here'),
    expect.stringContaining('taken (port_in_use)'),
  ]);
  await session.close();
  expect(world.calls).toEqual(['close']);
});

it('leaves a node that another process runs to that process', async () => {
  world.holder = 4711;
  world.isServed = true;
  await expect(served.serve()).rejects.toMatchObject({ code: 'locked' });
  expect(world.calls).not.toContain('serve');
});
