import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteWriter } from './byte-writer.ts';
import { AdastraError } from './errors.ts';
import type { Value } from './value.ts';
import { decodeValue, encodeValue, validateEncoded } from './value-codec.ts';

const LIMITS = { valueBytesMax: 1 << 20, depthMax: 64 };

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.constantFrom('$a', '$date', '$object', '10', '9', '\uffff', '😀'),
);
const name = text.filter((key) => key !== '__proto__');
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.oneof(fc.constant(null), fc.boolean(), text, fc.integer(), fc.constant(-0)),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.oneof(fc.bigInt(), fc.date({ noInvalidDate: true }), fc.uint8Array({ maxLength: 5 })),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(name, fc.oneof(tie('value'), tie('value'), fc.constant(undefined)), {
      maxKeys: 24,
      size: 'small',
      noNullPrototype: true,
    }),
  ),
}));

interface Encoded {
  readonly codec: number;
  readonly bytes: Uint8Array;
}

function encode(input: unknown, limits = LIMITS): Encoded {
  const writer = new ByteWriter(1);
  writer.u8(7);
  const codec = encodeValue(writer, input, limits);
  return { codec, bytes: writer.toBytes().subarray(1) };
}

function decode({ codec, bytes }: Encoded): Value {
  return decodeValue(codec, bytes, 0, bytes.length, false);
}

function validate(codec: number, json: string | Uint8Array, limits = LIMITS): string | undefined {
  const bytes = typeof json === 'string' ? new TextEncoder().encode(json) : json;
  return validateEncoded(codec, bytes, 0, bytes.length, limits);
}

/** The canonical form, written as plainly as can be. */
function naive(input: unknown): string {
  if (typeof input === 'bigint') return `{"$bigint":"${input}"}`;
  if (input instanceof Date) return `{"$date":"${input.toISOString()}"}`;
  if (input instanceof Uint8Array) return `{"$bytes":"${Buffer.from(input).toString('base64')}"}`;
  if (Array.isArray(input)) return `[${input.map(naive).join(',')}]`;
  if (typeof input !== 'object' || input === null) return JSON.stringify(input);
  const entries = Object.entries(input).filter(([, item]) => item !== undefined);
  entries.sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const body = `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${naive(item)}`).join(',')}}`;
  return entries.length === 1 && entries[0]?.[0].startsWith('$') === true
    ? `{"$object":${body}}`
    : body;
}

/** What should come back: `-0` as `0`, no `undefined` properties. */
function stored(input: unknown): unknown {
  if (Array.isArray(input)) return input.map(stored);
  if (typeof input === 'number') return input === 0 ? 0 : input;
  if (
    typeof input !== 'object' ||
    input === null ||
    input instanceof Date ||
    input instanceof Uint8Array
  )
    return input;
  return Object.fromEntries(
    Object.entries(input)
      .filter(([, item]) => item !== undefined)
      .map(([key, item]) => [key, stored(item)]),
  );
}

test('the bytes are the canonical text of a naive oracle', () => {
  fc.assert(
    fc.property(value, (input) => {
      const { codec, bytes } = encode(input);
      if (input instanceof Uint8Array) expect([codec, bytes]).toEqual([1, input]);
      else {
        expect(Buffer.from(bytes).toString()).toBe(naive(input));
        expect(codec).toBe(
          /"\$(date|bigint|bytes|object)":/.test(naive(input)) && needsTag(input) ? 3 : 2,
        );
      }
    }),
    { numRuns: 2000 },
  );
});

function needsTag(input: unknown): boolean {
  if (typeof input === 'bigint' || input instanceof Date || input instanceof Uint8Array)
    return true;
  if (typeof input !== 'object' || input === null) return false;
  const kept = Object.entries(input).filter(([, item]) => item !== undefined);
  const only = !Array.isArray(input) && kept.length === 1 && kept[0]?.[0].startsWith('$') === true;
  return only || kept.some(([, item]) => needsTag(item));
}

test('values come back, bytes come back, and what was encoded validates', () => {
  fc.assert(
    fc.property(value, (input) => {
      const encoded = encode(input);
      const back = decode(encoded);
      expect(back).toStrictEqual(stored(input));
      expect(encode(back)).toEqual(encoded);
      expect(validate(encoded.codec, encoded.bytes)).toBeUndefined();
    }),
    { numRuns: 2000 },
  );
});

test('other bytes: refused with a reason, or exactly what encoding their value gives; never thrown', () => {
  const snippet = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    '"a"',
    '"$date"',
    '"$object"',
    ':',
    ',',
    '1',
    '-0',
    ' ',
    '"\\u0061"',
    'null',
    '"2020-01-01T00:00:00.000Z"',
  );
  const soup = fc
    .array(snippet, { maxLength: 12 })
    .map((parts) => new TextEncoder().encode(parts.join('')));
  fc.assert(
    fc.property(
      fc.oneof(soup, fc.uint8Array({ maxLength: 6 })),
      fc.integer({ min: 0, max: 4 }),
      (bytes, codec) => {
        if (validate(codec, bytes) === undefined)
          expect(encode(decode({ codec, bytes }))).toEqual({ codec, bytes });
      },
    ),
    { numRuns: 5000 },
  );
});

test.each([
  [2, '{"b":1,"a":2}', 'canonical'],
  [2, '{"a":1,"a":1}', 'canonical'],
  [2, ' 1', 'canonical'],
  [2, '1.0', 'canonical'],
  [2, '-0', 'canonical'],
  [2, '9007199254740993', 'canonical'],
  [2, '"\\u0061"', 'canonical'],
  [2, '1e999', 'Infinity'],
  [2, '"\\ud800"', 'lone surrogate'],
  [2, '{"\\ud800":1}', 'lone surrogate'],
  [2, '{"__proto__":1}', '__proto__'],
  [2, '{"$date":"2020-01-01T00:00:00.000Z"}', 'codec 3 is due'],
  [3, '{"a":1}', 'codec 2 is due'],
  [3, '{"$bytes":"AA=="}', 'codec 1 is due'],
  [3, '{"a":{"$bytes":"AB=="}}', 'malformed $bytes'],
  [3, '{"$date":"2020-01-01"}', 'malformed $date'],
  [3, '{"$bigint":"01"}', 'malformed $bigint'],
  [3, '{"$bigint":1}', 'malformed $bigint'],
  [3, '{"$what":1}', 'unknown tag'],
  [3, '{"$object":{"a":1}}', 'needs none'],
  [2, '', 'JSON'],
  [2, '[', 'JSON'],
  [4, '1', 'unknown codec 4'],
])('bytes of codec %d %s are refused', (codec, json, reason) => {
  expect(validate(codec, json)).toContain(reason);
});

test('bytes that are no UTF-8 are refused, a real U+FFFD is not', () => {
  expect(validate(2, new Uint8Array([0x22, 0xff, 0x22]))).toContain('canonical');
  expect(validate(2, '"\ufffd"')).toBeUndefined();
});

test('N15: ten million nested lists are refused without parsing them', () => {
  const bytes = new Uint8Array(20_000_000).fill(0x5b, 0, 10_000_000).fill(0x5d, 10_000_000);
  const limits = { valueBytesMax: 1 << 30, depthMax: 64 };
  expect(validateEncoded(2, bytes, 0, bytes.length, limits)).toContain('nested deeper than 64');
  expect(validateEncoded(2, bytes, 0, bytes.length, LIMITS)).toContain('the limit is 1048576');
});

test('depth: 64 lists are taken, 65 are not, tags do not count', () => {
  const nest = (depth: number, inner: unknown): unknown =>
    depth === 0 ? inner : [nest(depth - 1, inner)];
  const wrap = (depth: number): unknown => (depth === 0 ? 1n : { $x: wrap(depth - 1) });
  for (const input of [nest(64, 1), nest(64, 'x[[[['), nest(64, 1n), wrap(64)]) {
    const encoded = encode(input);
    expect(validate(encoded.codec, encoded.bytes)).toBeUndefined();
    expect(decode(encoded)).toEqual(input);
  }
  expect(fault(() => encode(nest(65, 1)))).toMatchObject({
    code: 'limit_exceeded',
    details: { limit: 64, actual: 65 },
  });
  expect(fault(() => encode(wrap(65))).code).toBe('limit_exceeded');
  expect(validate(2, '['.repeat(65) + ']'.repeat(65))).toContain('65');
});

function fault(run: () => unknown): AdastraError {
  try {
    run();
  } catch (error) {
    if (AdastraError.is(error)) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

test.each([
  ['string', 'x'.repeat(2000)],
  ['bytes', new Uint8Array(101)],
  ['nested bytes', [new Uint8Array(101)]],
  ['many items', Array.from({ length: 60 }, () => 10)],
  ['key', { ['k'.repeat(101)]: 1 }],
  ['one byte over', 'x'.repeat(99)],
])('the limit of bytes holds for: %s', (_, input) => {
  const error = fault(() => encode(input, { valueBytesMax: 100, depthMax: 64 }));
  expect(error).toMatchObject({
    code: 'limit_exceeded',
    details: { limitName: 'valueBytesMax', limit: 100 },
  });
  expect(error.details['actual']).toBeGreaterThan(100);
});

test('exactly the limit is taken', () => {
  expect(encode('x'.repeat(98), { valueBytesMax: 100, depthMax: 64 }).bytes.length).toBe(100);
  expect(encode(new Uint8Array(100), { valueBytesMax: 100, depthMax: 64 }).codec).toBe(1);
});

test('a failed encoding leaves the writer as it was', () => {
  const writer = new ByteWriter(4);
  writer.text('kept');
  fault(() => encodeValue(writer, { a: 'x'.repeat(500), b: [1, undefined] }, LIMITS));
  expect(Buffer.from(writer.toBytes()).toString()).toBe('kept');
  expect(encodeValue(writer, 1, LIMITS)).toBe(2);
  expect(Buffer.from(writer.toBytes()).toString()).toBe('kept1');
});

test('every decoded value is an own copy', () => {
  const bytes = Buffer.from([1, 2, 3]);
  const copy = decodeValue(1, bytes, 0, 3, false) as Uint8Array;
  bytes.fill(0);
  expect(copy).toEqual(new Uint8Array([1, 2, 3]));
  const json = Buffer.from('{"a":[1]}');
  expect(decodeValue(2, json, 0, json.length, true)).not.toBe(
    decodeValue(2, json, 0, json.length, true),
  );
});

test('a codec from the future asks for an upgrade', () => {
  expect(fault(() => decodeValue(9, new Uint8Array(1), 0, 1, true)).code).toBe('upgrade_needed');
});

test('a getter cannot encode into the bytes of the object it belongs to', () => {
  const writer = new ByteWriter();
  const input = {
    get a(): number {
      return encodeValue(writer, 5, LIMITS);
    },
  };
  expect(fault(() => encodeValue(writer, input, LIMITS)).message).toContain('getter');
  expect(writer.length).toBe(0);
  expect(encodeValue(writer, 1, LIMITS)).toBe(2);
});
