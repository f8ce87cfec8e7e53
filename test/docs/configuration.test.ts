/** docs/configuration.md names every option, and every limit with its default. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { AdastraError, DEFAULT_LIMITS } from '../../src/core/index.ts';
import { type NodeOptions, resolveOptions } from '../../src/engine/index.ts';

const text = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8');

/** What the engine itself says that it knows. */
function knownOptions(): string[] {
  try {
    resolveOptions({ memory: true, qqqqqqqqqqqqqqqqqqqqqqqq: 1 } as NodeOptions);
  } catch (error) {
    if (!AdastraError.is(error)) throw error;
    return (error.hint ?? '').replace(/^known: /, '').split(', ');
  }
  throw new Error('an unknown option was taken');
}

it('has a section for every option, and no other', () => {
  const sections = [...text.matchAll(/^### `(\w+)`$/gm)].map((match) => match[1]);
  expect(new Set(sections)).toEqual(new Set(knownOptions()));
  expect(new Set(sections).size).toBe(sections.length);
});

it('has every limit with its default', () => {
  const rows = [...text.matchAll(/^\| `(\w+)` \| ([\d,]+) \| .+ \| (world)? ?\|$/gm)];
  const shown = rows.map(([, name, value]) => [name, Number(value?.replaceAll(',', ''))]);
  expect(Object.fromEntries(shown)).toEqual(DEFAULT_LIMITS);
});
