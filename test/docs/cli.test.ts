/** docs/cli.md names every command of the program and every exit code. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { commandTable } from '../../src/cli/command-table.ts';
import { EXIT } from '../../src/cli/exit-codes.ts';

const text = readFileSync(new URL('../../docs/cli.md', import.meta.url), 'utf8');

it('has a row for every command, and no other', () => {
  const part = text.split(/^## Commands$/m)[1]?.split(/^## /m)[0] ?? '';
  const rows = [...part.matchAll(/^\| `([a-z]+(?: [a-z]+)?)[^`]*` \|/gm)].map((match) => match[1]);
  expect(new Set(rows)).toEqual(new Set(commandTable.map(({ name }) => name)));
  expect(new Set(rows).size).toBe(rows.length);
});

it('has a row for every exit code, and no other', () => {
  const part = text.split(/^## Exit codes$/m)[1]?.split(/^## /m)[0] ?? '';
  const rows = [...part.matchAll(/^\| (\d+) \|/gm)].map((match) => Number(match[1]));
  expect(rows).toEqual(Object.values(EXIT).sort((a, b) => a - b));
});
