/** docs/http.md has a row for every route, with who may call it and what it is for. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { ROUTES } from '../../src/daemon/app.ts';
import { statusOf } from '../../src/daemon/problem.ts';
import { AdastraError, type ErrorCode } from '../../src/core/index.ts';

const text = readFileSync(new URL('../../docs/http.md', import.meta.url), 'utf8');

const WHO = {
  open: 'anybody',
  read: 'read',
  write: 'write',
  admin: 'admin',
  local: 'local socket',
} as const;

/** The part under a heading, up to the next. */
function part(heading: string): string {
  return text.split(`\n## ${heading}\n`)[1]?.split(/^## /m)[0] ?? '';
}

it('has a row for every route, and no other, in the order of the document', () => {
  const rows = part('Routes').match(/^\| `.*\|$/gm);
  const wanted = ROUTES.map(
    ({ method, path, access, summary }) =>
      `| \`${method} ${path}\` | ${WHO[access]} | ${summary} |`,
  );
  expect(rows?.toSorted()).toEqual(wanted.toSorted());
});

it('gives codes their status', () => {
  for (const [, cells = '', codes = ''] of part('Problems').matchAll(
    /^\| ([\d, ]+) \| (.*) \|$/gm,
  )) {
    const statuses = cells.split(', ').map(Number);
    for (const [, code] of codes.matchAll(/`([a-z_]+)`/g)) {
      const status = statusOf(new AdastraError(code as ErrorCode, ''));
      expect(statuses, `${code} is told with ${status}`).toContain(status);
    }
  }
});
