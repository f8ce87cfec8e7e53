import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type CommitFields,
  NeedsNewerLevel,
  type Predecessor,
  type SeenEntry,
} from './bundle-format.ts';
import { BundleReader } from './bundle-reader.ts';
import { BundleWriter } from './bundle-writer.ts';
import { MalformedBytes } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import { originBytes } from './origin.ts';
import { Prng } from './prng.ts';

interface Event {
  readonly key: string;
  readonly value: Uint8Array | undefined;
  readonly meta?: Uint8Array | undefined;
}

interface Commit {
  readonly ms: number;
  readonly counter: number;
  readonly fields: CommitFields | undefined;
  readonly events: readonly Event[];
}

interface Bundle {
  readonly origin: string;
  readonly term: number;
  readonly firstOriginSeq: number;
  readonly predecessor: Predecessor | null | undefined;
  readonly seen: readonly SeenEntry[];
  readonly commits: readonly Commit[];
}

const BASE_MS = 1_767_225_600_000;

const bytes = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length });
const hex = (length: number): fc.Arbitrary<string> =>
  bytes(length).map((raw) => Buffer.from(raw).toString('hex'));
const KEY_ID = '11'.repeat(16);
const incarnation = hex(16).map((id) => `${KEY_ID}.${id}`);
const stranger = fc.tuple(hex(16), hex(16)).map(([id, run]) => `f${id.slice(1)}.${run}`);
const text = fc.string({ unit: 'grapheme', maxLength: 12 });
const seq = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });

const fields: fc.Arbitrary<CommitFields> = fc.record({
  actor: fc.option(text, { nil: undefined }),
  operations: fc.option(fc.array(fc.record({ name: text, version: fc.nat() }), { maxLength: 3 }), {
    nil: undefined,
  }),
  commandId: fc.option(text, { nil: undefined }),
  reason: fc.option(text, { nil: undefined }),
  reverts: fc.option(fc.record({ origin: stranger, originSeq: seq }), { nil: undefined }),
  metadata: fc.option(
    fc.record({ codec: fc.nat({ max: 15 }), bytes: fc.uint8Array({ maxLength: 20 }) }),
    { nil: undefined },
  ),
});

const event: fc.Arbitrary<Event> = fc.record({
  key: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
  value: fc.option(fc.uint8Array({ maxLength: 40 }), { nil: undefined }),
});

const commit: fc.Arbitrary<Commit> = fc.record({
  ms: fc.integer({ min: BASE_MS, max: BASE_MS + 1000 }),
  counter: fc.nat({ max: 0xffff }),
  fields: fc.option(fields, { nil: undefined }),
  events: fc.array(event, { maxLength: 4 }),
});

const seen = fc
  .uniqueArray(fc.record({ origin: stranger, originSeq: seq, digestHead: bytes(8) }), {
    selector: (entry) => entry.origin,
    maxLength: 4,
  })
  .map((entries) => entries.sort((left, right) => (left.origin < right.origin ? -1 : 1)));

const predecessor = fc.option(
  fc.record({ origin: incarnation, lastOriginSeq: seq, digestHead: bytes(8) }),
);

const bundle: fc.Arbitrary<Bundle> = fc
  .record({
    origin: incarnation,
    term: fc.nat(),
    later: fc.option(fc.integer({ min: 2, max: 2 ** 40 }), { nil: undefined }),
    predecessor,
    seen,
    commits: fc.array(commit, { minLength: 1, maxLength: 4 }),
  })
  .map(({ later, ...rest }) => ({
    ...rest,
    firstOriginSeq: later ?? 1,
    predecessor: later === undefined ? rest.predecessor : undefined,
  }));

function write(bundleToWrite: Bundle, prefix = 0): Uint8Array {
  const { origin, commits, ...head } = bundleToWrite;
  const writer = new ByteWriter(16);
  for (let index = 0; index < prefix; index++) writer.u8(0xee);
  const bundleWriter = new BundleWriter(writer);
  const opened = { ...head, origin: originBytes(origin) as Uint8Array, baseMs: BASE_MS };
  bundleWriter.open(writer, opened);
  for (const { ms, counter, events, fields: own } of commits) {
    bundleWriter.commit(ms, counter, events.length, own);
    for (const { key, value, meta } of events) {
      if (value === undefined) bundleWriter.remove(key);
      else {
        bundleWriter.put(key, { valueHead: 2, source: value, start: 0, end: value.length }, meta);
      }
    }
  }
  bundleWriter.close();
  expect(bundleWriter.commitCount).toBe(commits.length);
  expect(bundleWriter.byteLength).toBe(writer.length - prefix);
  return writer.toBytes();
}

function read(source: Uint8Array, start = 0): Bundle {
  const reader = new BundleReader();
  reader.open(source, start, source.length);
  const { origin, term, firstOriginSeq, predecessor: before } = reader;
  const head = { origin, term, firstOriginSeq, predecessor: before, seen: [...reader.seen] };
  const commits: Commit[] = [];
  while (reader.nextCommit()) {
    expect(reader.originSeq).toBe(firstOriginSeq + commits.length);
    const { ms, counter, fields: own } = reader;
    const events: Event[] = [];
    while (reader.nextEvent()) {
      const value =
        reader.eventKind === 0
          ? new Uint8Array(source.subarray(reader.valueStart, reader.valueEnd))
          : undefined;
      const { meta } = reader;
      events.push({ key: reader.checkedKey(), value, ...(meta === undefined ? {} : { meta }) });
    }
    commits.push({ ms, counter, fields: own, events });
  }
  return { ...head, commits };
}

/** Fields that are all absent are no fields. */
function normal(given: Bundle): Bundle {
  const commits = given.commits.map((one) => {
    const some = Object.values(one.fields ?? {}).some((value) => value !== undefined);
    return { ...one, fields: some ? one.fields : undefined };
  });
  return { ...given, commits };
}

const SAMPLE: Bundle = {
  origin: `${KEY_ID}.${'22'.repeat(16)}`,
  term: 3,
  firstOriginSeq: 1,
  predecessor: {
    origin: `${KEY_ID}.${'33'.repeat(16)}`,
    lastOriginSeq: 300,
    digestHead: new Uint8Array(8).fill(9),
  },
  seen: [
    {
      origin: `${'44'.repeat(16)}.${'55'.repeat(16)}`,
      originSeq: 7,
      digestHead: new Uint8Array(8),
    },
    {
      origin: `${'66'.repeat(16)}.${'55'.repeat(16)}`,
      originSeq: 9,
      digestHead: new Uint8Array(8),
    },
  ],
  commits: [
    {
      ms: BASE_MS,
      counter: 1,
      fields: {
        actor: 'ä',
        operations: [{ name: 'sell', version: 2 }],
        commandId: 'c-1',
        reason: 'because',
        reverts: { origin: `${'44'.repeat(16)}.${'55'.repeat(16)}`, originSeq: 5 },
        metadata: { codec: 2, bytes: new Uint8Array([0x31]) },
      },
      events: [
        { key: 'käse', value: new Uint8Array([0x31, 0x32]), meta: new Uint8Array([1, 2, 3]) },
        { key: 'b', value: undefined },
      ],
    },
    {
      ms: BASE_MS + 5,
      counter: 0,
      fields: undefined,
      events: [{ key: 'c', value: new Uint8Array(0) }],
    },
  ],
};

test('what is written is read, wherever in memory it lies', () => {
  fc.assert(
    fc.property(bundle, fc.nat({ max: 5 }), (given, prefix) => {
      expect(read(write(given, prefix), prefix)).toEqual(normal(given));
    }),
    { numRuns: 500 },
  );
  expect(read(write(SAMPLE))).toEqual(SAMPLE);
});

test('writing what was read gives the same bytes', () => {
  fc.assert(
    fc.property(bundle, (given) => {
      const first = write(given);
      expect(Buffer.compare(write(read(first)), first)).toBe(0);
    }),
  );
});

test('every truncation and every byte too many is malformed', () => {
  const whole = write(SAMPLE);
  for (let length = 0; length < whole.length; length++) {
    expect(() => read(whole.subarray(0, length)), `${length} bytes`).toThrow(MalformedBytes);
  }
  expect(() => read(new Uint8Array([...whole, 0]))).toThrow(MalformedBytes);
});

test('10,000 mutations: read as some bundle, malformed or too new, never anything else', () => {
  const whole = write(SAMPLE);
  const random = new Prng(5);
  let malformed = 0;
  for (let round = 0; round < 10_000; round++) {
    const mutated = new Uint8Array(whole);
    for (let count = 1 + random.below(4); count > 0; count--) {
      mutated[random.below(mutated.length)] = random.chance(0.3) ? 0xff : random.below(256);
    }
    try {
      read(mutated);
    } catch (error) {
      const isTyped = error instanceof MalformedBytes || error instanceof NeedsNewerLevel;
      if (!isTyped) throw error;
      malformed++;
    }
  }
  expect(malformed).toBeGreaterThan(1000);
});

test.each([
  ['another format', 0, 2],
  ['an unknown flag', 1, 3],
  ['a later bundle that names a predecessor', 40, 2],
  ['an unknown digest kind', 2, 9],
  ['an unknown compression', 3, 1],
])('%s is malformed', (_, offset, value) => {
  const whole = write(SAMPLE);
  whole[offset] = value;
  expect(() => read(whole)).toThrow(MalformedBytes);
});

test('no commits, seen out of order, seen of itself, a foreign predecessor: malformed', () => {
  const [one, two] = SAMPLE.seen as [SeenEntry, SeenEntry];
  const { predecessor: before } = SAMPLE;
  const broken: Bundle[] = [
    { ...SAMPLE, commits: [] },
    { ...SAMPLE, firstOriginSeq: 0 },
    { ...SAMPLE, firstOriginSeq: 2 },
    { ...SAMPLE, predecessor: undefined },
    { ...SAMPLE, seen: [two, one] },
    { ...SAMPLE, seen: [one, one] },
    { ...SAMPLE, seen: [{ ...one, origin: SAMPLE.origin }] },
    { ...SAMPLE, predecessor: { ...(before as Predecessor), origin: one.origin } },
    { ...SAMPLE, predecessor: { ...(before as Predecessor), lastOriginSeq: 0 } },
  ];
  for (const given of broken) expect(() => read(write(given))).toThrow(MalformedBytes);
});

test('a key that is not UTF-8 is malformed, one with U+FFFD is good', () => {
  const good = {
    ...SAMPLE,
    commits: [{ ...(SAMPLE.commits[1] as Commit), events: [{ key: '\ufffd', value: undefined }] }],
  };
  const whole = write(good);
  expect(read(whole).commits[0]?.events[0]?.key).toBe('\ufffd');
  whole[whole.length - 1] = 0xff;
  expect(() => read(whole)).toThrow(MalformedBytes);
});
