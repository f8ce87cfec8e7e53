/**
 * Datagrams of this machine where the contract cannot look: IPv6 multicast on a link, and the
 * interface that each of several sends in one turn goes out of.
 */
import { expect, test } from 'vitest';
import type { DatagramAddress, DatagramOptions, DatagramSocket } from '../../src/env/index.ts';
import { skipFor } from '../support/skip.ts';
import { env, until } from './net-raw.ts';

const interfaces = env.datagrams.interfaces();

function open(options: Partial<DatagramOptions>): Promise<DatagramSocket> {
  return env.datagrams.open({
    family: 'IPv4',
    host: '0.0.0.0',
    port: 0,
    shared: true,
    groups: [],
    broadcast: false,
    multicastTtl: 1,
    onMessage: () => {},
    onError: (error) => {
      throw error;
    },
    ...options,
  });
}

test('IPv6 multicast on a link', async (context) => {
  const link = interfaces.find(({ address, loopback }) => address.startsWith('fe80:') && !loopback);
  if (link === undefined) skipFor(context, 'a network interface with IPv6');
  const interfaceAddress = `::%${link.name}`;
  const heard: DatagramAddress[] = [];
  const socket = await open({
    family: 'IPv6',
    host: '::',
    groups: [{ group: 'ff02::7:1234', interfaceAddress }],
    onMessage: (bytes, from) => {
      if (bytes[0] === 42) heard.push(from);
    },
  });
  const to = { host: 'ff02::7:1234', port: socket.address.port };
  socket.send(Uint8Array.of(42), to, interfaceAddress);
  await until(() => heard.length === 1);
  expect(heard[0]?.host.split('%')[0]).toBe(link.address);
  await socket.close();
});

test('sends of one turn go out of the interface that each names', async (context) => {
  const other = interfaces.find(({ family, loopback }) => family === 'IPv4' && !loopback);
  if (other === undefined) skipFor(context, 'a network interface with IPv4');
  const group = '239.255.83.18';
  const heard: string[] = [];
  const socket = await open({
    groups: [
      { group, interfaceAddress: '127.0.0.1' },
      { group, interfaceAddress: other.address },
    ],
    onMessage: ([first], { host }) => heard.push(`${first} ${host}`),
  });
  const to = { host: group, port: socket.address.port };
  socket.send(Uint8Array.of(1), to, '127.0.0.1');
  socket.send(Uint8Array.of(2), to, other.address);
  socket.send(Uint8Array.of(3), to, '127.0.0.1');
  await until(() => heard.length === 3);
  const expected = ['1 127.0.0.1', `2 ${other.address}`, '3 127.0.0.1'];
  expect(new Set(heard)).toEqual(new Set(expected));
  await socket.close();
});
