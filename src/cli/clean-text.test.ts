import fc from 'fast-check';
import { expect, it } from 'vitest';
import { cleanJson, cleanLines, cleanText } from './clean-text.ts';

it('shows controls and marks that turn the direction by their codes', () => {
  expect(cleanText('a\u001b[31m\n\u202eb\u009bü😀')).toBe('a\\u001b[31m\\u000a\\u202eb\\u009bü😀');
  expect(cleanLines('a\n\tb\r\u0007')).toBe('a\n\tb\\u000d\\u0007');
});

it('leaves no control in any text, and every JSON what it meant', () => {
  const anything = fc.string({ unit: 'binary' });
  fc.assert(
    fc.property(anything, (text) => {
      expect(cleanText(text)).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
      expect(JSON.parse(cleanJson(JSON.stringify({ [text]: text })))).toEqual({ [text]: text });
    }),
  );
});
