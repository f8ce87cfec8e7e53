import fc from 'fast-check';
import { expect, it } from 'vitest';
import { faultOffset } from './json-position.ts';

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

it.each([
  ['{"a":}', 5],
  ['[1,,2]', 3],
  ['[1 2]', 3],
  ['{"a" 1}', 5],
  ['{a:1}', 1],
  ['"a\nb"', 2],
  [String.raw`"\x"`, 1],
  ['[1]x', 3],
  ['[1}', 2],
  ['{"a":1', 6],
  ['', 0],
  ['[01]', 2],
  ['[1,]', 3],
])('%j goes wrong at %i', (text, offset) => {
  expect(isJson(text)).toBe(false);
  expect(faultOffset(text)).toBe(offset);
});

it('finds a place in everything that JSON.parse refuses, and what stands before it can go on', () => {
  const damaged = fc
    .tuple(fc.json(), fc.nat(), fc.constantFrom('}', ']', ',', ':', '"', '{', 'x', '\n', '\\', '0'))
    .map(([text, at, character]) => {
      const place = at % (text.length + 1);
      return text.slice(0, place) + character + text.slice(place + 1);
    });
  fc.assert(
    fc.property(damaged, (text) => {
      const offset = faultOffset(text);
      if (isJson(text)) expect(offset).toBe(text.length);
      else expect(offset).toBeLessThanOrEqual(text.length);
    }),
    { numRuns: 2000 },
  );
});
