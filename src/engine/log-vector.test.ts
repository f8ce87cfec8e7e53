import { expect, test } from 'vitest';
import { ByteReader, Vector } from '../core/index.ts';
import { newMachine, openNode } from '../../test/support/memory-node.ts';

/** Values of 15 KiB: three hundred of them are more than one batch, and many segments. */
const VALUE = 'x'.repeat(15_000);
const LIMITS = { valueBytesMax: 16_384, commitBytesMax: 65_536, segmentBytes: 65_536 };

test('the header of a segment holds the vector of all that was written before it', async () => {
  const node = await openNode(newMachine(), { limits: LIMITS });
  const before = node.seq;
  const puts = Array.from({ length: 900 }, (_, index) => node.put(`k/${index}`, VALUE));
  const [receipt] = await Promise.all(puts);
  const { log } = node.parts;
  const own = receipt?.origin ?? '';
  const seen: [number, number][] = [];
  for (const { firstSeq } of log.stat().segments.slice(1)) {
    log.startFor((vector) => {
      const known = Vector.decode(new ByteReader(vector)).originSeqOf(own);
      seen.push([firstSeq, known]);
      return true;
    });
  }
  expect(log.stat().segments.length).toBeGreaterThan(2);
  // Own commits follow the founding one without a gap: the vector names exactly those before.
  const starts = new Set(log.stat().segments.map(({ firstSeq }) => firstSeq - 1 - before));
  for (const [, known] of seen) expect(starts).toContain(known);
  expect(log.startFor(() => false)).toBe(1);
  expect(log.startFor(() => true)).toBe(log.stat().segments.at(-1)?.firstSeq);
  await node.close();
});
