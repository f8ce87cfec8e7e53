/**
 * The contract of `Streams`: proof of keys, refusals, limits, order and wholeness, backpressure,
 * ends. What only one twin can be asked (garbage on a socket, a cut cable) is tested beside it.
 */
import { STREAM_REFUSALS } from '../env/index.ts';
import { check, checkEqual, checkRejects, type ContractCase } from './contract-case.ts';
import { bindCases, type NetworkCase, type NetworkUnderTest } from './network-case.ts';
import { happens, passes, settled } from './network-case.ts';
import { endCases } from './env-contract-stream-ends.ts';
import { dial, hear, listenThere, newIdentity, pair, TEST_LIMITS } from './stream-pair.ts';

/** All cases, for the networks that `make` makes. */
export function streamContract(make: () => Promise<NetworkUnderTest>): ContractCase[] {
  return bindCases([...openingCases, ...endCases], make);
}

async function rejectsDial(
  network: NetworkUnderTest,
  code: string,
  dialing: Promise<unknown>,
): Promise<{ reason?: string }> {
  return checkRejects(code, settled(network, dialing));
}

const openingCases: readonly NetworkCase[] = [
  {
    name: 'both sides know each other: key, address, path, direction',
    run: async (network) => {
      const identity = newIdentity(network.here);
      const { client, server, heard } = await pair(network, {}, { identity, path: '/join' });
      checkEqual(server.stream.remoteKey, identity.publicKey, 'key of the client');
      checkEqual(client.stream.remoteKey, heard.identity.publicKey, 'key of the server');
      checkEqual([server.stream.path, client.stream.path], ['/join', '/join'], 'paths');
      checkEqual([server.stream.outbound, client.stream.outbound], [false, true], 'direction');
      const { host, port } = client.stream.remoteAddress;
      checkEqual([host, port], [network.thereHost, heard.listener.address.port], 'address there');
      check(server.stream.remoteAddress.port > 0, 'a port of the client');
      checkEqual(heard.asked[0]?.remoteKey, identity.publicKey, 'key that accept was asked about');
      checkEqual([heard.asked.length, heard.refused], [1, []], 'asked once, none refused');
    },
  },
  {
    name: 'the pinned key is there, or nothing is sent',
    run: async (network) => {
      const { crypto } = network.here;
      const heard = await listenThere(network);
      const expectedKeyId = crypto.sha256(heard.identity.publicKey).slice(0, 16);
      await dial(network, heard.listener, { expectedKeyId });
      expectedKeyId[3] = (expectedKeyId[3] as number) ^ 1;
      await rejectsDial(network, 'EPEERKEY', dial(network, heard.listener, { expectedKeyId }));
      await happens(network, () => heard.refused.length === 1, 'the listener hears that it left');
      checkEqual(heard.refused, [STREAM_REFUSALS.left], 'refused');
      checkEqual(heard.asked.length, 1, 'accept asked once');
    },
  },
  {
    name: 'accept refuses with a reason that the other side is told',
    run: async (network) => {
      const heard = await listenThere(network, { accept: () => 'not a member' });
      const error = await rejectsDial(network, 'EREFUSED', dial(network, heard.listener));
      checkEqual(error.reason, 'not a member', 'reason');
      checkEqual([heard.refused, heard.ends.length], [['not a member'], 0], 'refused once');
    },
  },
  {
    name: 'an unknown path is refused before accept is asked',
    run: async (network) => {
      const heard = await listenThere(network);
      const dialing = dial(network, heard.listener, { path: '/admin' });
      const error = await rejectsDial(network, 'EREFUSED', dialing);
      checkEqual(error.reason, STREAM_REFUSALS.unknownPath, 'reason');
      checkEqual([heard.asked.length, heard.refused], [0, [error.reason]], 'refused once');
    },
  },
  {
    name: 'a key that is shown and not owned proves nothing, on either side',
    run: async (network) => {
      const owner = newIdentity(network.here);
      const thief = { ...newIdentity(network.here), publicKey: owner.publicKey };
      const heard = await listenThere(network);
      const dialing = dial(network, heard.listener, { identity: thief });
      const error = await rejectsDial(network, 'EREFUSED', dialing);
      checkEqual(error.reason, STREAM_REFUSALS.badCertificate, 'reason');
      checkEqual([heard.asked.length, heard.refused], [0, [error.reason]], 'refused once');
      const fake = await listenThere(network, { identity: thief });
      await rejectsDial(network, 'EPEERKEY', dial(network, fake.listener));
    },
  },
  {
    name: 'errors of connecting have their codes',
    run: async (network) => {
      const heard = await listenThere(network);
      await heard.listener.close();
      await rejectsDial(network, 'ECONNREFUSED', dial(network, heard.listener));
      const options = { host: 'no-such-host.invalid' };
      await rejectsDial(network, 'ENOTFOUND', dial(network, heard.listener, options));
      await rejectsDial(network, 'EINVAL', dial(network, heard.listener, { port: 65_536 }));
      await rejectsDial(network, 'EINVAL', dial(network, heard.listener, { port: 0 }));
      const aborted = new AbortController();
      aborted.abort();
      const { signal } = aborted;
      await rejectsDial(network, 'ECLOSED', dial(network, heard.listener, { signal }));
    },
  },
  {
    name: 'an attempt ends with its signal',
    run: async (network) => {
      const heard = await listenThere(network);
      const controller = new AbortController();
      const dialing = dial(network, heard.listener, { signal: controller.signal });
      controller.abort();
      await rejectsDial(network, 'ECLOSED', dialing);
      await passes(network, 100);
      check(
        heard.ends.every(({ closes }) => closes.length === 1),
        'no stream left over',
      );
    },
  },
  {
    name: 'errors of listening have their codes',
    run: async (network) => {
      const { listener } = await listenThere(network);
      const { port } = listener.address;
      const bad = [
        ['EADDRINUSE', { port }],
        ['EADDRNOTAVAIL', { host: '203.0.113.7' }],
        ['ENOTFOUND', { host: 'no-such-host.invalid' }],
        ['EINVAL', { port: 65_536 }],
        ['EINVAL', { port: -1 }],
      ] as const;
      for (const [code, options] of bad) {
        await rejectsDial(network, code, listenThere(network, options));
      }
    },
  },
  {
    name: 'a closed listener frees its port and leaves its streams',
    run: async (network) => {
      const { client, server, heard } = await pair(network);
      const { port } = heard.listener.address;
      await settled(network, heard.listener.close());
      await settled(network, heard.listener.close());
      const again = await listenThere(network, { port });
      await dial(network, again.listener);
      client.stream.send(Uint8Array.of(7));
      await happens(network, () => server.messages.length === 1, 'the old stream goes on');
    },
  },
  {
    name: 'so many streams in all, and from one address; a place is free again after an end',
    run: async (network) => {
      const limits = { ...TEST_LIMITS, streamsMax: 3, streamsPerAddressMax: 2 };
      const heard = await listenThere(network, { limits });
      const first = hear(await dial(network, heard.listener));
      await dial(network, heard.listener);
      await rejectsDial(network, 'ECLOSED', dial(network, heard.listener));
      checkEqual(heard.refused, [STREAM_REFUSALS.tooManyFromAddress], 'refused');
      first.stream.close('enough');
      await happens(network, () => heard.ends[0]?.closes.length === 1, 'the end is heard');
      await passes(network, 100);
      await dial(network, heard.listener);
      const narrow = await listenThere(network, { limits: { ...limits, streamsMax: 1 } });
      await dial(network, narrow.listener);
      await rejectsDial(network, 'ECLOSED', dial(network, narrow.listener));
      checkEqual(narrow.refused, [STREAM_REFUSALS.tooMany], 'refused');
    },
  },
];
