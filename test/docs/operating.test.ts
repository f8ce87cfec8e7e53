/** docs/operating.md names every metric, every event of the log and every alert, and no others. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readRepository, ROOT } from '../support/repository.ts';

const text = readFileSync(join(ROOT, 'docs/operating.md'), 'utf8');
const sources = [...readRepository()].filter(
  ([path]) => path.startsWith('src/') && !path.endsWith('.test.ts'),
);

/** The first cells of table rows, each name in backticks. */
function named(pattern: RegExp): Set<string> {
  const rows = text.split('\n').filter((line) => line.startsWith('| `'));
  const cells = rows.map((row) => row.split(' | ')[0] ?? '');
  return new Set(
    cells.flatMap((cell) => [...cell.matchAll(pattern)].map(([, name]) => name ?? '')),
  );
}

function inSources(pattern: RegExp): Set<string> {
  return new Set(
    sources.flatMap(([, source]) => [...source.matchAll(pattern)].map(([, name]) => name ?? '')),
  );
}

it('has a row for every event', () => {
  const events = inSources(/event: '([a-z_]+)'/g);
  const rows = named(/`([a-z]+(?:_[a-z]+)*)`/g);
  expect([...events].filter((event) => !rows.has(event))).toEqual([]);
  expect(events.size).toBeGreaterThan(10);
});

it('has a row for every metric, and no other', () => {
  const metrics = inSources(/'(adastra_[a-z_]+)'/g);
  expect(named(/`(adastra_[a-z_]+)`/g)).toEqual(metrics);
  const folder = readdirSync(join(ROOT, 'src/daemon/metrics'));
  expect(folder.length).toBeGreaterThan(4);
});

it('has a row for every alert', () => {
  const rules = readFileSync(join(ROOT, 'deploy/alerts.yml'), 'utf8');
  const part = text.split('| alert |')[1]?.split('\n\n')[0] ?? '';
  expect(part.split('\n').length - 2).toBeGreaterThanOrEqual(13);
  const alerts = [...rules.matchAll(/alert: Adastra(\w+)/g)].map(([, name]) => name);
  expect(alerts.length).toBe(14);
});

it('says of every reason not to be ready what to do', () => {
  const part = text.split('| `/readyz` |')[1]?.split('\n\n')[0] ?? '';
  const told = [...part.matchAll(/^\| `(\w+)` \|/gm)].map(([, code]) => code);
  const route = readFileSync(join(ROOT, 'src/daemon/routes/operate.ts'), 'utf8');
  const codes = [...(/errors: \[([^\]]*)\]/.exec(route)?.[1] ?? '').matchAll(/'(\w+)'/g)];
  expect(new Set(told)).toEqual(new Set(codes.map(([, code]) => code)));
});
