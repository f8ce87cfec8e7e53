import { expect, test } from 'vitest';
import { MalformedBytes } from '../../core/index.ts';
import { type LogRecord, RECORD_KIND } from '../../wal/index.ts';
import { type Cell, KIND_PUT, makeCell, OriginTable } from '../storage/index.ts';
import { changedKeyOf, encodeViewChange, movedViewChange, readViewChange } from './view-change.ts';

const origins = new OriginTable();
const [one, two] = [1, 2].map((byte) => origins.indexOf(new Uint8Array(32).fill(byte))) as [
  number,
  number,
];

function put(text: string, origin: number, originSeq: number): Cell {
  const bytes = new TextEncoder().encode(JSON.stringify(text));
  return makeCell(KIND_PUT, 2, bytes, 0, bytes.length, undefined, 5, 0, origin, originSeq);
}

const BODY = encodeViewChange(
  { timeMs: 1234, reason: 'policy changed' },
  [
    { key: 'a', link: 7, siblings: [put('x', one, 1), put('y', two, 1)], view: { kind: 'absent' } },
    {
      key: 'b',
      link: 9,
      siblings: [put('x', one, 2), put('y', two, 5)],
      view: { kind: 'sibling', index: 0 },
    },
  ],
  origins,
);

function recordOf(source: Uint8Array): LogRecord {
  const { length: end } = source;
  return { kind: RECORD_KIND.viewChanged, critical: true, source, start: 0, end };
}

test('a changed view says names of siblings, view, and what readers get', () => {
  const { timeMs, reason, keys } = readViewChange(recordOf(BODY));
  expect({ timeMs, reason }).toEqual({ timeMs: 1234, reason: 'policy changed' });
  expect(keys.map(changedKeyOf)).toEqual([
    { key: 'a', kind: 'remove', value: undefined },
    { key: 'b', kind: 'put', value: 'x' },
  ]);
  expect(keys[1]?.effect.kept).toEqual([
    { origin: origins.text(one), originSeq: 2 },
    { origin: origins.text(two), originSeq: 5 },
  ]);
});

test('truncated or of another form: malformed', () => {
  for (let length = 0; length < BODY.length; length++) {
    expect(() => readViewChange(recordOf(BODY.subarray(0, length)))).toThrow(MalformedBytes);
  }
  expect(() => readViewChange(recordOf(Uint8Array.of(2, ...BODY.subarray(1))))).toThrow(
    MalformedBytes,
  );
});

test('where commits are lost, keys with all their siblings stay, with links moved', () => {
  const places = {
    newSeqOf: (seq: number) => seq - 4,
    covers: (origin: string, originSeq: number) => origin === origins.text(one) || originSeq < 5,
  };
  const moved = movedViewChange(recordOf(BODY), places) as Uint8Array;
  const { keys } = readViewChange(recordOf(moved));
  expect(keys.map(({ key, link }) => [key, link])).toEqual([['a', 3]]);
  const none = { newSeqOf: () => undefined, covers: () => true };
  expect(movedViewChange(recordOf(BODY), none)).toBeUndefined();
});
