import fc from 'fast-check';
import { expect, it } from 'vitest';
import { quoteArguments, tokenize } from './tokenizer.ts';

it.each([
  ['store get user:1', ['store', 'get', 'user:1']],
  [`put k '{"a": "b c"}'`, ['put', 'k', '{"a": "b c"}']],
  [String.raw`put k "a \"b\" \\ \n"`, ['put', 'k', String.raw`a "b" \ \n`]],
  [String.raw`a\ b c`, ['a b', 'c']],
  [`a'b'"c" ''`, ['abc', '']],
  ['  \t ', []],
])('splits %j', (line, tokens) => {
  expect(tokenize(line)).toEqual(tokens);
});

it.each([
  [`put 'k`, 'column 5'],
  ['put "k', 'column 5'],
  ['put k\\', 'column 6'],
])('refuses %j', (line, words) => {
  expect(() => tokenize(line)).toThrow(words);
});

it('reads back what it quoted', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' })), (tokens) => {
      expect(tokenize(quoteArguments(tokens))).toEqual(tokens);
    }),
  );
});
