/** Where discovery speaks, by options, interfaces and the transport's address. */
import { expect, it } from 'vitest';
import type { NetworkInterface } from '../env/index.ts';
import { ipText } from './ip-address.ts';
import { resolveLimits } from './limits.ts';
import {
  type DiscoveryOptions,
  GROUP_IPV4,
  GROUP_IPV6,
  type Plan,
  planOf,
  senderOf,
} from './plan.ts';

const NONE = { broadcast: undefined, scopeId: undefined, loopback: false };
const LO = { ...NONE, name: 'lo', loopback: true };
const INTERFACES: readonly NetworkInterface[] = [
  { ...LO, family: 'IPv4', address: '127.0.0.1', broadcast: '127.255.255.255' },
  { ...LO, family: 'IPv6', address: '::1' },
  { ...NONE, name: 'eth0', family: 'IPv4', address: '10.0.0.5', broadcast: '10.0.0.255' },
  { ...NONE, name: 'eth0', family: 'IPv6', address: 'fe80::5', scopeId: 2 },
  { ...NONE, name: 'eth0', family: 'IPv6', address: 'fd00::5' },
  { ...NONE, name: 'wlan0', family: 'IPv4', address: '192.168.1.5', broadcast: '192.168.1.255' },
];

function plan(
  options: DiscoveryOptions,
  host?: string,
  interfaces: readonly NetworkInterface[] = INTERFACES,
): Plan {
  const transport = host === undefined ? undefined : { host, port: 4000 };
  return planOf(options, { interfaces, transport, limits: resolveLimits({ interfacesMax: 6 }) });
}

function pathsOf({ paths }: Plan): string[] {
  return paths.map(({ sender, to, interfaceAddress }) =>
    `${sender}: ${to.host} ${interfaceAddress ?? ''}`.trim(),
  );
}

const ON_LOOPBACK = ['IPv4 loopback: 239.255.77.77 127.0.0.1', 'IPv4 loopback: 127.255.255.255'];
const ON_ETH0 = ['IPv4: 239.255.77.77 10.0.0.5', 'IPv4: 10.0.0.255'];

it('a transport on loopback, or none, stays on loopback', () => {
  for (const host of [undefined, '127.0.0.1', 'localhost', '::1']) {
    const { names, senders } = plan({}, host);
    expect(pathsOf(plan({}, host))).toEqual(ON_LOOPBACK);
    expect([names, senders]).toEqual([['lo'], ['IPv4 loopback']]);
  }
  expect(plan({}, '127.0.0.1').addresses.map(ipText)).toEqual(['127.0.0.1']);
  expect(plan({}).transportPort).toBe(0);
});

it('a transport on one address is announced on that interface alone', () => {
  expect(pathsOf(plan({}, '10.0.0.5'))).toEqual(ON_ETH0);
  expect(plan({}, '10.0.0.5').addresses.map(ipText)).toEqual(['10.0.0.5']);
  expect(pathsOf(plan({}, 'fd00::5'))).toEqual([`IPv6: ${GROUP_IPV6} ::%eth0`]);
});

it('a transport on all addresses is announced everywhere, the network first', () => {
  const all = plan({}, '0.0.0.0');
  expect(pathsOf(all)).toEqual([
    ...ON_ETH0,
    'IPv4: 239.255.77.77 192.168.1.5',
    'IPv4: 192.168.1.255',
    `IPv6: ${GROUP_IPV6} ::%eth0`,
    ...ON_LOOPBACK,
  ]);
  expect(all.names).toEqual(['eth0', 'wlan0', 'lo']);
  expect(all.addresses.map(ipText)).toEqual(['10.0.0.5', '192.168.1.5', '127.0.0.1']);
  expect(plan({}, '::').addresses.map(ipText)).toEqual([
    '10.0.0.5',
    '192.168.1.5',
    'fd00::5',
    '127.0.0.1',
  ]);
  expect(all.groups.IPv4.map((join) => join.interfaceAddress)).toEqual([
    '10.0.0.5',
    '192.168.1.5',
    '127.0.0.1',
  ]);
  expect(all.groups.IPv6).toEqual([{ group: GROUP_IPV6, interfaceAddress: '::%eth0' }]);
});

it('takes interfaces by name or address, a host by address, and the former go first', () => {
  expect(pathsOf(plan({ interfaces: ['lo', '10.0.0.5'] }, '0.0.0.0'))).toEqual([
    ...ON_LOOPBACK,
    ...ON_ETH0,
  ]);
  expect(pathsOf(plan({ host: '10.0.0.5' }, '0.0.0.0'))).toEqual(ON_ETH0);
  expect(pathsOf(plan({ host: '10.0.0.5', interfaces: ['lo'] }))).toEqual(ON_LOOPBACK);
});

it('takes targets: by address, by name, with a socket that reaches them', () => {
  const targets = ['10.9.9.9:1', 'hub.example:2', '[fd00::9]:3', '127.0.0.1:4', '[::1]:5'];
  const { paths, senders } = plan({ interfaces: ['lo'], targets });
  expect(paths.slice(2).map(({ sender, to }) => [sender, to.host, to.port])).toEqual([
    ['IPv4', '10.9.9.9', 1],
    ['IPv4', 'hub.example', 2],
    ['IPv6', 'fd00::9', 3],
    ['IPv4 loopback', '127.0.0.1', 4],
    ['IPv6 loopback', '::1', 5],
  ]);
  expect(senders).toEqual(['IPv4 loopback', 'IPv4', 'IPv6', 'IPv6 loopback']);
  expect(senderOf('::ffff:10.0.0.1')).toBe('IPv4');
});

it('says once that nothing can be heard, and leaves out what is too many', () => {
  expect(plan({}, '0.0.0.0', []).warnings).toEqual(['no interface to announce on']);
  const many = Array.from({ length: 9 }, (_, index) => ({
    ...NONE,
    name: `veth${index}`,
    family: 'IPv4' as const,
    address: `10.1.0.${index}`,
  }));
  const { names, warnings, addresses } = plan({}, '0.0.0.0', many);
  expect(names.length).toBe(6);
  expect(addresses.length).toBe(4);
  expect(warnings).toEqual(['3 interface addresses are left out: too many']);
});

it('an address of the transport that no interface has is no failure', () => {
  expect(pathsOf(plan({}, '10.99.99.99'))).toEqual(ON_LOOPBACK);
});

it.each([
  [{ port: 0 }, 'invalid_port'],
  [{ port: 65_536 }, 'invalid_port'],
  [{ port: 1.5 }, 'invalid_port'],
  [{ host: '10.99.99.99' }, 'invalid_host'],
  [{ host: 'no such host' }, 'invalid_host'],
  [{ interfaces: ['eth9'] }, 'invalid_host'],
  [{ targets: ['hub'] }, 'invalid_host'],
  [{ targets: ['[10.0.0.1]:5'] }, 'invalid_host'],
  [{ targets: ['fd00::9:5'] }, 'invalid_host'],
  [{ targets: ['hub:0'] }, 'invalid_port'],
  [{ targets: ['hub:70000'] }, 'invalid_port'],
  [{ targets: Array.from({ length: 65 }, () => 'hub:1') }, 'invalid_options'],
] as const)('refuses %j with %s', (options, code) => {
  expect(() => plan(options)).toThrow(expect.objectContaining({ code }));
});

it('uses the groups that the document names', () => {
  expect([GROUP_IPV4, GROUP_IPV6]).toEqual(['239.255.77.77', 'ff12::4144:4153:5452']);
});
