/** Lines of a running node: levels, forms, and what never stands in one. */
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { type EventLogOptions, eventLog } from './event-log.ts';
import { Output } from './output.ts';
import type { Terminal } from './terminal.ts';

function linesOf(options: EventLogOptions & { quiet?: boolean }, say: Say): string[] {
  const lines: string[] = [];
  const stream = new PassThrough();
  const terminal = { stdout: stream, stderr: stream, env: {} } as unknown as Terminal;
  const output = new Output(terminal, { json: false, quiet: options.quiet === true });
  say(eventLog(output, (line) => lines.push(line), options));
  output.dispose();
  return lines;
}
type Say = (log: ReturnType<typeof eventLog>) => void;

const everything: Say = (log) => {
  log.debug('d');
  log.info('i', { event: 'one' });
  log.warn('w');
  log.error('e');
};

const marks = (lines: readonly string[]): string[] =>
  lines.map((line) => line.replace(/^\S+Z /, '').trim());

describe('levels', () => {
  it.each([
    [{}, ['i', 'warning: w', 'error: e']],
    [{ quiet: true }, ['warning: w', 'error: e']],
    [{ level: 'debug' as const, quiet: true }, ['d', 'i', 'warning: w', 'error: e']],
    [{ level: 'error' as const }, ['error: e']],
  ])('%j', (options, expected) => {
    expect(marks(linesOf(options, everything))).toEqual(expected);
  });

  it('are told to whoever would make lines for nobody', () => {
    linesOf({ level: 'warn' }, (log) => expect(log.level).toBe('warn'));
  });
});

describe('json', () => {
  it('is one object a line, whatever stands in it', () => {
    const message = 'a "name"\nof \u001b[31m another\u202e';
    const fields = { event: 'x', time: 'never', level: 'z', seq: 3 };
    const [line = '', ...rest] = linesOf({ format: 'json' }, (log) => log.warn(message, fields));
    expect(rest).toEqual([]);
    expect(line).toMatch(/^[\x20-\x7e]*\n$/);
    const { time, ...said } = JSON.parse(line) as Record<string, unknown>;
    expect(said).toEqual({ level: 'warn', message, event: 'x', seq: 3 });
    expect(Date.parse(String(time))).toBeGreaterThan(0);
  });

  it('has every level', () => {
    const lines = linesOf({ format: 'json', level: 'debug' }, everything);
    expect(lines.map((line) => (JSON.parse(line) as { level: string }).level)).toEqual([
      'debug',
      'info',
      'warn',
      'error',
    ]);
  });
});

describe('secrets', () => {
  const secret = 'x-Y_z'.repeat(9).slice(0, 43);
  const token = `adt_0123456789abcdef_${secret}`;
  const code = `ADASTRA-${'ABCD2345'.repeat(12)}`;
  it.each([
    ['a token', `no ${token} here`, 'no adt_0123456789abcdef_*** here'],
    ['one that is cut off', token.slice(0, 40), 'adt_0123456789abcdef_***'],
    ['two', `${token} ${token}`, 'adt_0123456789abcdef_*** adt_0123456789abcdef_***'],
    ['a header', 'authorization: Bearer abcdefgh12345', 'authorization: Bearer ***'],
    ['an invitation', `join ${code}`, 'join ADASTRA-***'],
    ['none', 'adt_0123456789abcdef was revoked', 'adt_0123456789abcdef was revoked'],
  ])('%s', (_what, message, expected) => {
    for (const format of ['text', 'json'] as const) {
      const [line = ''] = linesOf({ format }, (log) => log.error(message, { path: message }));
      expect(line).toContain(expected);
      if (expected !== message) expect(line).not.toMatch(/x-Y_z|ABCD2345|abcdefgh/);
    }
  });
});
