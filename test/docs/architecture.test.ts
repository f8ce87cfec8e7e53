/** The import table of ARCHITECTURE.md is the one that test/tidy holds. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { ALLOWED } from '../tidy/layers.ts';

/** The table as the document shows it. */
function importTable(): string {
  const rows = Object.entries(ALLOWED).map(([folder, { folders, packages }]) => {
    const named = [...folders, ...(packages ?? [])].map((name) => {
      const bare = name.replace(/ types$/, '');
      return bare === name ? `\`${name}\`` : `\`${bare}\` *types*`;
    });
    return `| \`${folder}\` | ${named.join(', ')} |`.replace('|  |', '| |');
  });
  return ['| folder | may import |', '| --- | --- |', ...rows].join('\n');
}

it('shows the import table', () => {
  const text = readFileSync(new URL('../../ARCHITECTURE.md', import.meta.url), 'utf8');
  const shown = /\| folder \| may import \|\n(?:\|.*\n)+/.exec(text)?.[0]?.trimEnd();
  expect(shown).toBe(importTable());
});

it('stays within 400 lines', () => {
  const text = readFileSync(new URL('../../ARCHITECTURE.md', import.meta.url), 'utf8');
  expect(text.split('\n').length).toBeLessThanOrEqual(400);
});
