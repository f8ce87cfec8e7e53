import { expect, it } from 'vitest';
import { commandTable } from './command-table.ts';
import { completionsOf } from './completion.ts';

it.each([
  ['sta', ['start ', 'status ']],
  ['st', ['start ', 'status ', 'store ']],
  ['store ', ['count ', 'get ', 'history ', 'list ', 'put ', 'remove ']],
  ['store  co', ['count ']],
  ['help lo', ['log ']],
  ['ex', ['exit ', 'export ']],
  ['store list a --li', ['--limit ']],
  ['status --js', ['--json ']],
  ['store put key val', []],
  ['nothing ', []],
])('%j completes to %j', (line, words) => {
  expect(completionsOf(commandTable, line)[0]).toEqual(words);
});
