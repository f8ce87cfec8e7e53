/** docs/configuration.md names every option, and every limit with its default. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { AdastraError, DEFAULT_LIMITS } from '../../src/core/index.ts';
import { DEFAULT_DISCOVERY_LIMITS } from '../../src/discovery/limits.ts';
import { SOCKET_LIMITS, TCP_LIMITS } from '../../src/daemon/http-limits.ts';
import { DISCOVERY_PORT } from '../../src/discovery/plan.ts';
import { type NodeOptions, resolveOptions } from '../../src/engine/index.ts';
import { DEFAULT_SYNC_OPTIONS } from '../../src/sync/sync-options.ts';

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

it('has every field of sync with its default', () => {
  const section = text.split(/^### `sync`$/m)[1]?.split(/^### /m)[0] ?? '';
  const rows = [...section.matchAll(/^\| `([\w.]+)` \| `?([\w,]+)`? \|/gm)];
  const shown = rows.map(([, name, value]) => [name, value?.replaceAll(',', '')]);
  const { sync } = resolveOptions({ memory: true }).peers;
  const { retryMinMs, retryMaxMs, ...others } = sync;
  const defaults = { ...others, 'retry.minMs': retryMinMs, 'retry.maxMs': retryMaxMs };
  const expected = Object.entries(defaults).map(([name, value]) => [name, String(value)]);
  expect(Object.fromEntries(shown)).toEqual(Object.fromEntries(expected));
});

it('has every limit of the servers with its defaults', () => {
  const section = text.split(/^## The HTTP server$/m)[1]?.split(/^## /m)[0] ?? '';
  const rows = [...section.matchAll(/^\| `(\w+)` \| ([\d,]+) \| ([\d,]+) \|/gm)];
  const shown = rows.map(([, name, ...values]) => [
    name,
    ...values.map((value) => Number(value?.replaceAll(',', ''))),
  ]);
  const known = Object.entries(TCP_LIMITS).map(([name, value]) => [
    name,
    value,
    SOCKET_LIMITS[name as keyof typeof SOCKET_LIMITS],
  ]);
  expect(new Map(shown.map((row) => [row[0], row]))).toEqual(
    new Map(known.map((row) => [row[0], row])),
  );
  expect(shown.length).toBe(known.length);
});

it('has what cannot be set as it is', () => {
  const { windowFrames, windowBytes, receiveBytes, holdsMax, deadLettersMax } =
    DEFAULT_SYNC_OPTIONS;
  const MIB = 1024 * 1024;
  for (const figure of [
    `${windowFrames} frames and ${windowBytes / MIB} MiB\non their way`,
    `${receiveBytes / MIB} MiB received`,
    `${holdsMax.toLocaleString('en-US')} held`,
    `${deadLettersMax.toLocaleString('en-US')} dead letters`,
    `default\n${DISCOVERY_PORT}.`,
    `up to ${DEFAULT_DISCOVERY_LIMITS.targetsMax} \`host:port\``,
  ]) {
    expect(text).toContain(figure);
  }
});
