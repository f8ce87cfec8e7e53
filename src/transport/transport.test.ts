import { beforeEach, describe, expect, test } from 'vitest';
import { AdastraError, bytesOfHex } from '../core/index.ts';
import { patternBytes, sampleVector } from '../testing/peer-messages.ts';
import {
  type ContractNode,
  contractNode,
  type ContractNodeOptions,
  replyOf,
  settled,
  startedAt,
  targetOf,
} from '../testing/transport-world.ts';
import { type MemoryMachines, memoryMachines } from '../../test/support/transport-memory.ts';
import { Deadline } from './deadline.ts';
import { type JoinReply, joinVia } from './index.ts';

let machines: MemoryMachines;

beforeEach(() => {
  machines = memoryMachines();
});

const REQUEST = {
  inviteId: patternBytes(16),
  secret: patternBytes(32),
  nodeId: 'phone',
  listening: { host: '10.0.0.1', port: 9 },
};

async function inviter(options: ContractNodeOptions): Promise<ContractNode> {
  const node = contractNode(machines.second, options);
  await settled(machines, startedAt(node));
  return node;
}

function join(to: ContractNode, timeoutMs?: number, from = machines.first): Promise<JoinReply> {
  const { identity } = contractNode(from);
  return joinVia({
    env: from.env,
    identity,
    host: to.host,
    port: to.transport.status().address?.port ?? 0,
    expectedKeyId: bytesOfHex(to.fingerprint) as Uint8Array,
    request: REQUEST,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  });
}

/** `done`, or the code of the error. Time must be driven by somebody. */
async function outcomeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'done';
  } catch (error) {
    if (!AdastraError.is(error)) throw error;
    return error.code;
  }
}

function codeOf(promise: Promise<unknown>): Promise<string> {
  return settled(machines, outcomeOf(promise));
}

describe('joining', () => {
  const answer = async (): Promise<JoinReply> => replyOf('1'.repeat(32), sampleVector(1));

  test('attempts a minute: at the limit answered, one above refused, a minute later answered', async () => {
    const node = await inviter({
      onJoin: answer,
      limits: { joinsPerMinuteMax: 3, joinsPerAddressMax: 2 },
    });
    const third = { env: machines.world.machine('10.0.0.3'), host: '10.0.0.3' };
    expect([await codeOf(join(node)), await codeOf(join(node))]).toEqual(['done', 'done']);
    expect(await codeOf(join(node))).toBe('peer_refused');
    expect(await codeOf(join(node, undefined, third))).toBe('done');
    expect(await codeOf(join(node, undefined, third))).toBe('peer_refused');
    await machines.world.run(60_000);
    expect(await codeOf(join(node))).toBe('done');
  });

  test('attempts at once', async () => {
    const never = (): Promise<JoinReply> => new Promise(() => {});
    const node = await inviter({ onJoin: never, limits: { joinsMax: 2, joinMs: 9000 } });
    const waiting = [join(node, 20_000), join(node, 20_000)].map(outcomeOf);
    await machines.world.run(100);
    expect(await codeOf(join(node))).toBe('peer_refused');
    expect(await settled(machines, Promise.all(waiting))).toEqual(['peer_refused', 'peer_refused']);
    expect(node.transport.status().refused).toEqual({ too_many_joins: 1, join_timeout: 2 });
    expect(await codeOf(join(node, 300))).toBe('timeout');
  });

  test('an inviter that throws a typed error answers with it', async () => {
    const node = await inviter({
      onJoin: async () => {
        throw new AdastraError('invite_refused', 'used');
      },
    });
    expect(await codeOf(join(node))).toBe('invite_refused');
  });

  test('an inviter that stops ends the wait', async () => {
    const node = await inviter({ onJoin: () => new Promise(() => {}) });
    const waiting = outcomeOf(join(node));
    await machines.world.run(100);
    await settled(machines, node.transport.stop());
    expect(await settled(machines, waiting)).toBe('unavailable');
  });

  test('bad addresses are refused before anything is opened', async () => {
    const node = await inviter({ onJoin: answer });
    const { identity, env } = contractNode(machines.first);
    const rest = { env, identity, expectedKeyId: patternBytes(16), request: REQUEST };
    expect(await codeOf(joinVia({ ...rest, host: 'a b', port: 1 }))).toBe('invalid_host');
    expect(await codeOf(joinVia({ ...rest, host: node.host, port: 0 }))).toBe('invalid_port');
    expect(await codeOf(joinVia({ ...rest, host: '10.0.0.77', port: 1 }))).toBe('peer_unreachable');
  });
});

describe('dialling', () => {
  test('a node that does not answer: timeout; a signal: aborted; stop: aborted', async () => {
    const a = contractNode(machines.first);
    const b = contractNode(machines.second);
    const target = targetOf(await settled(machines, startedAt(b)));
    machines.world.network.cut('10.0.0.1', '10.0.0.2');
    expect(await codeOf(a.transport.connectOnce(target, { timeoutMs: 200 }))).toBe('timeout');
    const controller = new AbortController();
    const waiting = outcomeOf(a.transport.connectOnce(target, { signal: controller.signal }));
    await machines.world.run(50);
    controller.abort();
    expect(await settled(machines, waiting)).toBe('aborted');
    expect(await codeOf(a.transport.connectOnce(target, { signal: controller.signal }))).toBe(
      'aborted',
    );
    const stopped = outcomeOf(a.transport.connectOnce(target));
    await machines.world.run(50);
    await settled(machines, a.transport.stop());
    expect(await settled(machines, stopped)).toBe('aborted');
    machines.world.network.healAll();
    await machines.world.run(10_000);
    expect([a.told.links, b.told.links]).toEqual([[], []]);
  });

  test('connecting to a node that is linked gives the link that is there', async () => {
    const a = contractNode(machines.first);
    const b = contractNode(machines.second);
    const target = targetOf(await settled(machines, startedAt(b)));
    const link = await settled(machines, a.transport.connectOnce(target));
    expect(await settled(machines, a.transport.connectOnce(target))).toBe(link);
    expect(a.transport.link(b.fingerprint)).toBe(link);
    expect(a.told.links).toEqual([link]);
    expect([a.told.refused, b.told.refused]).toEqual([[], []]);
  });

  test('with an expected key nobody else is greeted', async () => {
    const a = contractNode(machines.first);
    const b = contractNode(machines.second);
    const target = targetOf(await settled(machines, startedAt(b)));
    const { fingerprint } = b;
    expect(await codeOf(a.transport.connectOnce(target, { fingerprint }))).toBe('done');
    await settled(machines, a.transport.stop());
    const wrong = a.transport.connectOnce(target, { fingerprint: '0'.repeat(32) });
    expect(await codeOf(wrong)).toBe('peer_unproven');
  });

  test('judged before a stream is taken, and at the side that dials', async () => {
    const asked: string[] = [];
    const judge = ({ fingerprint }: { readonly fingerprint: string }): string | undefined => {
      asked.push(fingerprint);
      return 'closed_member';
    };
    const a = contractNode(machines.first, { judge });
    const b = contractNode(machines.second);
    const target = targetOf(await settled(machines, startedAt(b)));
    expect(await codeOf(a.transport.connectOnce(target))).toBe('peer_refused');
    expect(asked).toEqual([b.fingerprint]);
    expect(a.transport.status().refused).toEqual({ closed_member: 1 });
  });
});

describe('life', () => {
  test('bytes are counted over links that have ended', async () => {
    const a = contractNode(machines.first);
    const b = contractNode(machines.second);
    const target = targetOf(await settled(machines, startedAt(b)));
    await settled(machines, a.transport.connectOnce(target));
    await machines.world.run(100);
    const { bytesIn, bytesOut } = a.transport.status();
    expect(bytesIn).toBeGreaterThan(100);
    a.told.links[0]?.close('enough');
    await machines.world.run(100);
    const after = a.transport.status();
    expect(after.links).toBe(0);
    expect(after.bytesIn).toBeGreaterThanOrEqual(bytesIn);
    expect(after.bytesOut).toBeGreaterThanOrEqual(bytesOut);
    expect(a.told.downs).toEqual([{ reason: 'enough', message: 'enough', by: 'local' }]);
    expect(b.told.downs).toEqual([{ reason: 'enough', message: 'enough', by: 'remote' }]);
  });

  test('stop while it starts, stop twice, start again', async () => {
    const a = contractNode(machines.first);
    const starting = a.transport.start({ host: a.host, port: 0 });
    await settled(machines, a.transport.stop());
    await settled(machines, starting);
    expect(a.transport.status().state).toBe('off');
    await settled(machines, a.transport.stop());
    await settled(machines, startedAt(a));
    expect(a.transport.status().state).toBe('running');
  });

  test('a link that is closed by whoever is told of it', async () => {
    const a = contractNode(machines.first);
    const b = contractNode(machines.second);
    const target = targetOf(await settled(machines, startedAt(b)));
    const push = b.told.links.push.bind(b.told.links);
    b.told.links.push = (link) => {
      link.close('not now');
      return push(link);
    };
    await settled(machines, a.transport.connectOnce(target));
    await machines.world.run(100);
    expect(a.told.downs).toEqual([expect.objectContaining({ by: 'remote', reason: 'not now' })]);
    expect(b.told.downs).toHaveLength(1);
    expect([a.transport.status().links, b.transport.status().links]).toEqual([0, 0]);
  });
});

test('a deadline gives late results away and lets go of the signal', async () => {
  const { env } = machines.first;
  const controller = new AbortController();
  const deadline = new Deadline(env.timers, { timeoutMs: 100, signal: controller.signal });
  let finish: (value: string) => void = () => {};
  const late: string[] = [];
  const work = new Promise<string>((resolve) => {
    finish = resolve;
  });
  const raced = outcomeOf(deadline.race(work, (value) => late.push(value)));
  await machines.world.run(150);
  expect(await raced).toBe('timeout');
  finish('late');
  await machines.world.run(1);
  expect(late).toEqual(['late']);
  controller.abort();
  expect(deadline.error?.code).toBe('timeout');
});
