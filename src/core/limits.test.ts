import { expect, test } from 'vitest';
import { AdastraError } from './errors.ts';
import { DEFAULT_LIMITS, type Limits, validateLimits } from './limits.ts';

test('the defaults are frozen and what nothing changes', () => {
  expect(Object.isFrozen(DEFAULT_LIMITS)).toBe(true);
  expect(validateLimits()).toEqual(DEFAULT_LIMITS);
});

test('what is given is taken over, what is undefined is not', () => {
  const limits = validateLimits({
    depthMax: 10,
    keyBytesMax: undefined,
  } as unknown as Partial<Limits>);
  expect(limits).toEqual({ ...DEFAULT_LIMITS, depthMax: 10 });
  expect(Object.isFrozen(limits)).toBe(true);
});

test.each([
  [{ depthMax: 0 }, 'depthMax'],
  [{ depthMax: 1.5 }, 'depthMax'],
  [{ depthMax: Number.NaN }, 'depthMax'],
  [{ depthMax: '64' }, 'depthMax'],
  [{ depthMax: 1001 }, 'depthMax'],
  [{ dephtMax: 3 }, 'dephtMax'],
  [{ valueBytesMax: 8 * 1024 * 1024 }, 'commitBytesMax'],
  [{ segmentBytes: 1024 * 1024 }, 'segmentBytes'],
  [{ segmentBytes: 2 ** 31 }, 'segmentBytes'],
  [{ pendingBytesMax: 1024 }, 'pendingBytesMax'],
])('%j is refused and names %s', (partial, name) => {
  try {
    validateLimits(partial as unknown as Partial<Limits>);
    expect.unreachable();
  } catch (error) {
    if (!AdastraError.is(error)) throw error;
    expect(error.code).toBe('invalid_options');
    expect(error.details['option']).toBe(`limits.${name}`);
  }
});
