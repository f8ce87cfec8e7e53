import { expect, it } from 'vitest';
import { AdastraError, ERROR_CODES, type ErrorCode } from '../core/index.ts';
import { EXIT, EXIT_BY_ERROR, exitCodeOf } from './exit-codes.ts';

it('has an exit code for every error code, and no other', () => {
  expect(Object.keys(EXIT_BY_ERROR).sort()).toEqual(Object.keys(ERROR_CODES).sort());
  const known: readonly number[] = Object.values(EXIT);
  for (const code of Object.values(EXIT_BY_ERROR)) {
    expect(known).toContain(code);
    expect(code).not.toBe(EXIT.ok);
  }
});

it.each([
  ['not_found', 3],
  ['already_exists', 4],
  ['condition_failed', 4],
  ['log_damaged', 5],
  ['locked', 6],
  ['unknown_outcome', 7],
  ['overloaded', 75],
  ['invalid_value', 2],
  ['io_error', 1],
] as const)('%s is %i', (code: ErrorCode, exit) => {
  expect(exitCodeOf(new AdastraError(code, 'x'))).toBe(exit);
});

it('takes what is not ours for a failure', () => {
  expect(exitCodeOf(new TypeError('x'))).toBe(1);
});
