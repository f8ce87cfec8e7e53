/**
 * The part of the streams contract about a stream that is open: messages, backpressure, limits, and
 * every way in which it can end.
 */
import { STREAM_ENDS, STREAM_LOW_BYTES } from '../env/index.ts';
import { check, checkEqual } from './contract-case.ts';
import { happens, type NetworkCase, passes } from './network-case.ts';
import { dial, hear, type HeardEnd, listenThere, pair, TEST_LIMITS } from './stream-pair.ts';

const BIG_BYTES = 1_048_576;

function numbered(count: number, sizeBytes: number): Uint8Array[] {
  return Array.from({ length: count }, (_, at) => new Uint8Array(sizeBytes).fill(at + 1));
}

function lengths(end: HeardEnd): number[] {
  return end.messages.map(({ length }) => length);
}

/** Cases about an open stream. */
export const endCases: readonly NetworkCase[] = [
  {
    name: 'messages come whole and in order, empty and large ones too, both ways',
    run: async (network) => {
      const { client, server } = await pair(network);
      const sizes = [0, 1, 125, 126, 65_535, 65_536, BIG_BYTES, 3];
      for (const size of sizes) {
        client.stream.send(new Uint8Array(size).fill(size & 0xff));
        server.stream.send(new Uint8Array(size).fill(7));
      }
      for (const end of [client, server]) {
        await happens(network, () => end.messages.length === sizes.length, 'all should arrive');
        checkEqual(lengths(end), sizes, 'lengths');
      }
      const isWhole = server.messages.every((bytes) =>
        bytes.every((byte) => byte === (bytes.length & 0xff)),
      );
      check(isWhole, 'every byte as it was sent');
      const sum = sizes.reduce((all, size) => all + size, 0);
      for (const { stream } of [client, server]) {
        check(stream.bytesIn >= sum && stream.bytesOut >= sum, 'bytes are counted');
      }
    },
  },
  {
    name: 'received bytes are the receiver’s own',
    run: async (network) => {
      const { client, server } = await pair(network);
      const sent = numbered(3, 10);
      for (const bytes of sent) client.stream.send(bytes);
      await happens(network, () => server.messages.length === 3, 'all should arrive');
      server.messages[0]?.fill(99);
      checkEqual(server.messages[1], new Uint8Array(10).fill(2), 'another message');
      checkEqual(sent[0], new Uint8Array(10).fill(1), 'what was sent');
      check(server.messages[0]?.constructor === Uint8Array, 'a plain Uint8Array');
    },
  },
  {
    name: 'messages that come before the handlers wait for them',
    run: async (network) => {
      const heard = await listenThere(network, {
        onStream: (stream) => stream.send(new Uint8Array(5)),
      });
      const stream = await dial(network, heard.listener);
      await passes(network, 50);
      const client = hear(stream);
      checkEqual(client.messages.length, 0, 'nothing inside attach');
      await happens(network, () => client.messages.length === 1, 'it should arrive');
    },
  },
  {
    name: 'a receiver that pauses hears nothing; bufferedBytes grows, and drains once it goes on',
    run: async (network) => {
      const { client, server } = await pair(network);
      server.stream.pause();
      for (const bytes of numbered(48, BIG_BYTES)) client.stream.send(bytes);
      await passes(network, 300);
      const bytesIn = server.stream.bytesIn;
      await passes(network, 300);
      checkEqual(server.messages.length, 0, 'messages while paused');
      checkEqual(server.stream.bytesIn, bytesIn, 'bytes that are read while paused');
      check(client.stream.bufferedBytes > 16 * BIG_BYTES, 'what the network does not take is seen');
      checkEqual(client.drains, 0, 'drains while it is high');
      server.stream.resume();
      await happens(network, () => server.messages.length === 48, 'all should arrive');
      checkEqual(
        server.messages.map(([first]) => first),
        numbered(48, 1).map(([first]) => first),
        'order',
      );
      await happens(network, () => client.drains > 0, 'it should drain');
      checkEqual([client.drains, client.stream.bufferedBytes], [1, 0], 'drained once');
    },
  },
  {
    name: 'pausing inside a message holds back the next one',
    run: async (network) => {
      const seen: number[] = [];
      const heard = await listenThere(network, {
        onStream: (stream) => {
          const onMessage = ([first]: Uint8Array): void => {
            seen.push(first as number);
            stream.pause();
            network.there.timers.after(20, () => stream.resume());
          };
          stream.attach({ onMessage, onDrain: () => {}, onClose: () => {} });
        },
      });
      const stream = await dial(network, heard.listener);
      for (const bytes of numbered(5, 9)) stream.send(bytes);
      await happens(network, () => seen.length > 0, 'one should arrive');
      checkEqual(seen, [1], 'only one');
      await happens(network, () => seen.length === 5, 'all should arrive');
      checkEqual(seen, [1, 2, 3, 4, 5], 'order');
    },
  },
  {
    name: 'drain is told only after there was much',
    run: async (network) => {
      const { client, server } = await pair(network);
      client.stream.send(new Uint8Array(STREAM_LOW_BYTES / 2));
      await happens(network, () => server.messages.length === 1, 'it should arrive');
      await passes(network, 50);
      checkEqual(client.drains, 0, 'drains');
    },
  },
  {
    name: 'close comes after what was sent, once on each side, with its reason',
    run: async (network) => {
      const { client, server } = await pair(network);
      for (const bytes of numbered(20, 10_000)) client.stream.send(bytes);
      client.stream.close('done here');
      client.stream.close('again');
      client.stream.send(Uint8Array.of(1));
      checkEqual(client.closes, [], 'not inside the call');
      const isOver = (): boolean => client.closes.length > 0 && server.closes.length > 0;
      await happens(network, isOver, 'both should hear it');
      client.stream.destroy('late');
      await passes(network, 50);
      checkEqual(server.messages.length, 20, 'messages');
      checkEqual([client.closes, server.closes], [['done here'], ['done here']], 'reasons');
    },
  },
  {
    name: 'what was sent before a close is heard, also by one who pauses',
    run: async (network) => {
      const heard: string[] = [];
      const listening = await listenThere(network, {
        onStream: (stream) => {
          const onMessage = ([first]: Uint8Array): void => {
            heard.push(`message ${first}`);
            stream.pause();
            network.there.timers.after(30, () => stream.resume());
          };
          const onClose = (reason: string): void => void heard.push(reason);
          stream.attach({ onMessage, onDrain: () => {}, onClose });
        },
      });
      const stream = await dial(network, listening.listener);
      for (const bytes of numbered(3, 9)) stream.send(bytes);
      stream.close('bye');
      await happens(network, () => heard.includes('bye'), 'the end should be heard');
      checkEqual(heard, ['message 1', 'message 2', 'message 3', 'bye'], 'what was heard');
    },
  },
  {
    name: 'an end in the turn of the handlers is told once',
    run: async (network) => {
      const heard = await listenThere(network);
      const client = hear(await dial(network, heard.listener));
      client.stream.destroy('at once');
      await happens(network, () => client.closes.length > 0, 'the end should be heard');
      await passes(network, 50);
      checkEqual(client.closes, ['at once'], 'told');
    },
  },
  {
    name: 'one who pauses can close, and need not wait',
    run: async (network) => {
      const { client, server } = await pair(network);
      server.stream.pause();
      const startMs = network.here.clock.monoMs();
      server.stream.close('no more');
      const isOver = (): boolean => client.closes.length > 0 && server.closes.length > 0;
      await happens(network, isOver, 'both should hear it');
      checkEqual([client.closes, server.closes], [['no more'], ['no more']], 'reasons');
      check(network.here.clock.monoMs() - startMs < 900, 'before the deadline of a second');
    },
  },
  {
    name: 'close does not wait for a peer that does not read',
    run: async (network) => {
      const { client, server } = await pair(network);
      server.stream.pause();
      for (const bytes of numbered(32, BIG_BYTES)) client.stream.send(bytes);
      client.stream.close('no time');
      await happens(network, () => client.closes.length > 0, 'it should end');
      checkEqual(client.closes, ['no time'], 'reason');
      server.stream.destroy('end of the test');
    },
  },
  {
    name: 'destroy ends at once; the other side hears that it is lost',
    run: async (network) => {
      const { client, server } = await pair(network);
      server.stream.destroy('broken');
      checkEqual(server.closes, [], 'not inside the call');
      const isOver = (): boolean => client.closes.length > 0 && server.closes.length > 0;
      await happens(network, isOver, 'both should hear it');
      await passes(network, 50);
      checkEqual([client.closes, server.closes], [[STREAM_ENDS.lost], ['broken']], 'reasons');
    },
  },
  {
    name: 'an end before the handlers is told to them',
    run: async (network) => {
      const heard = await listenThere(network);
      const stream = await dial(network, heard.listener);
      await happens(network, () => heard.ends.length === 1, 'the listener should have a stream');
      heard.ends[0]?.stream.send(Uint8Array.of(1));
      heard.ends[0]?.stream.close('short');
      await passes(network, 100);
      const client = hear(stream);
      await happens(network, () => client.closes.length === 1, 'it should hear the end');
      checkEqual([client.messages.length, client.closes], [1, ['short']], 'what was heard');
    },
  },
  {
    name: 'a message over the limit of its receiver ends the stream',
    run: async (network) => {
      const limits = { ...TEST_LIMITS, messageBytesMax: 1_000 };
      const { client, server } = await pair(network, { limits });
      client.stream.send(new Uint8Array(1_000));
      client.stream.send(new Uint8Array(1_001));
      client.stream.send(new Uint8Array(1));
      const isOver = (): boolean => client.closes.length > 0 && server.closes.length > 0;
      await happens(network, isOver, 'both should hear it');
      checkEqual(lengths(server), [1_000], 'messages');
      const { tooLong } = STREAM_ENDS;
      checkEqual([client.closes, server.closes], [[tooLong], [tooLong]], 'reasons');
    },
  },
];
