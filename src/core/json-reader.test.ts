import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ByteWriter } from './byte-writer.ts';
import { READ_BYTES_MAX, parseJson, readJson } from './json-reader.ts';
import { CODEC_JSON, decodeValue, encodeValue } from './value-codec.ts';

const limits = { valueBytesMax: 1 << 20, depthMax: 64 };
const asciiText = fc.string({ unit: 'binary-ascii', maxLength: 40 });
const key = fc
  .oneof(asciiText, fc.constantFrom('', 'id', 'name', '0', '17', 'constructor', 'toString'))
  .filter((name) => name !== '__proto__');
const leaf = fc.oneof(
  asciiText,
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer({ min: -1e9, max: 1e9 }).map((number) => number / 1000),
  fc.constantFrom(true, false, null, 0, -0, 1e21, 5e-324, 1.7976931348623157e308, 0.1, 1e15),
);
const json = fc.letrec((tie) => ({
  any: fc.oneof({ depthSize: 'small', withCrossShrink: true }, leaf, tie('list'), tie('object')),
  list: fc.array(tie('any'), { maxLength: 8 }),
  object: fc.dictionary(key, tie('any'), { maxKeys: 12 }),
})).any;

/** The bytes of a text with other bytes around it that no reader may take in. */
function placed(text: string, around = '7'): { source: Buffer; start: number; end: number } {
  const source = Buffer.from(around + text + around, 'latin1');
  return { source, start: around.length, end: source.length - around.length };
}

function read(text: string, around?: string): unknown {
  const { source, start, end } = placed(text, around);
  return readJson(source, start, end);
}

/** Order of keys included, which `toEqual` does not look at. */
function expectSame(value: unknown, text: string): void {
  // Not `toStrictEqual`: it takes a key `constructor` for the class.
  expect(isDeepStrictEqual(value, JSON.parse(text)), text).toBe(true);
  expect(JSON.stringify(value)).toBe(JSON.stringify(JSON.parse(text)));
}

describe('readJson', () => {
  test('gives exactly what JSON.parse gives, or leaves the text to it', () => {
    fc.assert(
      fc.property(json, (value) => {
        const text = JSON.stringify(value);
        const own = read(text);
        if (own !== undefined) expectSame(own, text);
      }),
      { numRuns: 500 },
    );
  });

  test('decodeValue gives what encodeValue was given, read here or not', () => {
    fc.assert(
      fc.property(json, (value) => {
        const writer = new ByteWriter(64);
        if (encodeValue(writer, value, limits) !== CODEC_JSON) return;
        const text = Buffer.from(writer.buffer.subarray(0, writer.length)).toString('latin1');
        expectSame(decodeValue(CODEC_JSON, writer.buffer, 0, writer.length, true), text);
      }),
    );
  });

  test.each([
    '{"id":1,"name":"article no. 1 of a list","qty":1,"tags":["red","large"]}',
    '{"a":{"b":{"c":[[],{},[1,[2,[3]]],"",null,true,false]}},"z":-0}',
    '{"":{"":""}}',
    '{"2":1,"10":2,"a":3}',
    '{"a":"say \\"hello\\"","b":"\\\\","c":"\\u001f","d":"a long text with \\n in the middle"}',
    '[1,12,123.456,-0.5,1e21,1.5e-7,-1.7976931348623157e+308,0.1234567890123456,9007199254740993]',
    '[999999999999999,9999999999999999,0.000000000000001,89.99000000000001]',
    `{${Array.from({ length: 30 }, (_, index) => `"k${index}":${index}`).join(',')}}`,
    '"text"',
    '"with \\" in it"',
  ])('reads %s by itself', (text) => {
    const own = read(text);
    expect(own).not.toBeUndefined();
    expectSame(own, text);
  });

  test.each(['12', 'null', `${'['.repeat(20)}${']'.repeat(20)}`, '{"a\\n":1}', '{"__proto__":1}'])(
    'leaves %s to JSON.parse',
    (text) => {
      expect(read(text)).toBeUndefined();
    },
  );

  test('what is cut off or no JSON ends without a value', () => {
    const whole = '{"id":1,"name":"a \\n b","qty":[1,2,{"x":"y"}]}';
    for (let length = 0; length < whole.length; length++) {
      for (const around of ['', '"', '}', ']', '0', '\\', ' ']) {
        const { source } = placed(whole, around);
        expect(readJson(source, around.length, around.length + length)).toBeUndefined();
      }
    }
    for (const text of ['{"a" :1}', '{"a":1 }', '[1,]', '{1:2}', '{"a":}', '[x]', '{"a"1}']) {
      expect(read(text)).toBeUndefined();
    }
  });

  test('parseJson gives what JSON.parse gives, also while it passes texts on', () => {
    const unwanted = `{"text":"${'x'.repeat(60)}\\n${'y'.repeat(60)}"}`;
    const long = `"${'x'.repeat(READ_BYTES_MAX)}"`;
    fc.assert(
      fc.property(fc.array(fc.oneof(json, fc.constantFrom('unwanted', 'long'))), (values) => {
        for (const value of values) {
          const text =
            value === 'unwanted' ? unwanted : value === 'long' ? long : JSON.stringify(value);
          if (!/^[ -~]*$/.test(text)) continue;
          const { source, start, end } = placed(text);
          expectSame(parseJson(source, start, end), text);
        }
      }),
    );
    const { source, start, end } = placed('{"a":1}x');
    expect(() => parseJson(source, start, end)).toThrow(SyntaxError);
  });

  test('two values share nothing that can be changed', () => {
    const text = '{"list":[1,2,3,4],"object":{"a":1}}';
    const first = read(text) as { list: number[]; object: Record<string, number> };
    first.list.push(5);
    first.object['b'] = 2;
    expectSame(read(text), text);
  });

  test('keys that never repeat fill the tree of shapes, and nothing but speed is lost', () => {
    const known = '{"id":1,"name":"n"}';
    for (let round = 0; round < 70_000; round++) {
      const text = `{"id${round}":${round}}`;
      const own = read(text, '') as Record<string, number> | undefined;
      if (own !== undefined && own[`id${round}`] !== round) expectSame(own, text);
    }
    expectSame(read(known) ?? JSON.parse(known), known);
  });
});
