import { expect, test } from 'vitest';
import { newMachine } from '../../../test/support/memory-node.ts';
import { AddressBook } from './address-book.ts';
import { formatHostPort, parseHostPort } from './host-port.ts';

const ADA = 'aa'.repeat(16);

test('what was reached last is tried first, after a restart too', () => {
  const env = newMachine();
  env.fs.makeDirectory('/data');
  const book = new AddressBook(env, '/data');
  for (let port = 1; port <= 20; port++) book.note(ADA, `10.0.0.1:${port}`);
  book.note(ADA, '10.0.0.1:15');
  expect(book.of(ADA).slice(0, 3)).toEqual(['10.0.0.1:15', '10.0.0.1:20', '10.0.0.1:19']);
  expect(book.of(ADA)).toHaveLength(8);
  book.note(ADA, 'not an address');
  book.note(ADA, 'a\u0007b:1');
  expect(book.of(ADA)).toHaveLength(8);
  book.save();
  expect(new AddressBook(env, '/data').of(ADA)).toEqual(book.of(ADA));
});

test('a damaged book is an empty one', () => {
  const env = newMachine();
  env.fs.makeDirectory('/data');
  const contents = ['{"peers":', '[]', '{"peers":{"x":["a:1"]}}', `{"peers":{"${ADA}":[5]}}`];
  for (const text of contents) {
    const file = env.fs.open('/data/peers.json', 'create');
    file.write(new TextEncoder().encode(text), 0, text.length, 0);
    file.close();
    expect(new AddressBook(env, '/data').of(ADA)).toEqual([]);
    env.fs.removeFile('/data/peers.json');
  }
});

test('addresses as people write them', () => {
  expect(parseHostPort('127.0.0.1:4000')).toEqual({ host: '127.0.0.1', port: 4000 });
  expect(parseHostPort('till.local:80')).toEqual({ host: 'till.local', port: 80 });
  expect(parseHostPort('[fe80::1%eth0]:80')).toEqual({ host: 'fe80::1%eth0', port: 80 });
  for (const none of ['', 'abcd', 'a b:1', '::1:80', 'host:', ':80', 'host:123456']) {
    expect(parseHostPort(none)).toBe(undefined);
  }
  expect(() => parseHostPort('host:0')).toThrow('1 to 65535');
  expect(() => parseHostPort('host:70000')).toThrow('1 to 65535');
  expect(formatHostPort({ host: '::1', port: 80 })).toBe('[::1]:80');
  expect(formatHostPort({ host: '10.0.0.1', port: 80 })).toBe('10.0.0.1:80');
});
