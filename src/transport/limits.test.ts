import { describe, expect, test } from 'vitest';
import { AdastraError } from '../core/index.ts';
import {
  DEFAULT_TRANSPORT_LIMITS,
  type TransportLimits,
  validateTransportLimits,
} from './limits.ts';

const NAMES = Object.keys(DEFAULT_TRANSPORT_LIMITS) as (keyof TransportLimits)[];
const MIB = 1024 * 1024;

function optionOf(partial: Record<string, unknown>): unknown {
  try {
    validateTransportLimits(partial as Partial<TransportLimits>);
  } catch (error) {
    if (!AdastraError.is(error)) throw error;
    expect(error.code).toBe('invalid_options');
    return error.details['option'];
  }
  return undefined;
}

test('the defaults are finite, frozen and what nothing changes', () => {
  expect(validateTransportLimits()).toEqual(DEFAULT_TRANSPORT_LIMITS);
  expect(Object.isFrozen(DEFAULT_TRANSPORT_LIMITS)).toBe(true);
  for (const name of NAMES) expect(Number.isSafeInteger(DEFAULT_TRANSPORT_LIMITS[name])).toBe(true);
});

describe.each(NAMES)('%s', (name) => {
  test('no number, zero, a fraction and infinity are refused; undefined is the default', () => {
    for (const value of ['1', 0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31]) {
      expect(optionOf({ [name]: value }), String(value)).toBe(`limits.${name}`);
    }
    expect(optionOf({ [name]: undefined })).toBe(undefined);
  });
});

/** Limits with a bound that follows from others: at it taken, one beyond refused. */
const EDGES: readonly (readonly [keyof TransportLimits, number, 'least' | 'most'])[] = [
  ['frameBytesMax', 16 * 1024 + 32, 'least'],
  ['frameBytesMax', 512 * 1024, 'most'],
  ['controlBytesMax', 2048, 'least'],
  ['controlBytesMax', 256 * 1024 - 32, 'most'],
  ['windowBytes', 256 * 1024, 'least'],
  ['windowBytes', 4 * MIB, 'most'],
  ['bufferedBytesHigh', 512 * 1024, 'least'],
  ['bufferedBytesHigh', 16 * MIB, 'most'],
  ['bufferedBytesMax', 20 * MIB, 'least'],
  ['bufferedBytesMax', 256 * MIB, 'most'],
  ['bundlesBytesMax', 28 * MIB, 'most'],
  ['vectorBytesMax', 28 * MIB, 'most'],
  ['chunkBytesMax', 28 * MIB, 'most'],
  ['backoffMinMs', 60_000, 'most'],
  ['backoffMaxMs', 500, 'least'],
  ['controlBurstMax', 10, 'least'],
  ['unansweredPingsMax', 48, 'most'],
];

test.each(EDGES)('%s: %i is the %s', (name, edge, side) => {
  expect(optionOf({ [name]: edge })).toBe(undefined);
  expect(optionOf({ [name]: side === 'least' ? edge - 1 : edge + 1 })).toMatch(/^limits\./);
});

test('a limit that there is not', () => {
  expect(optionOf({ framesMax: 1 })).toBe('limits.framesMax');
});

test('frames that are too small for a piece', () => {
  const small = { controlBytesMax: 2048, frameBytesMax: 4096 };
  expect(optionOf(small)).toBe(undefined);
  expect(optionOf({ ...small, frameBytesMax: 4095 })).toBe('limits.frameBytesMax');
});
