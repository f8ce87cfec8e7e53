import fc from 'fast-check';
import { expect, it } from 'vitest';
import { linesOf } from './lines.ts';
import { type ServerEvent, serverEventsOf } from './server-events.ts';

/** The bytes of `text` in pieces that end at `cuts`. */
async function* pieces(text: string, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  let from = 0;
  for (const cut of [...cuts, bytes.length]) {
    const to = Math.max(from, Math.min(cut, bytes.length));
    yield bytes.subarray(from, to);
    from = to;
  }
}

async function eventsIn(text: string, cuts: readonly number[] = []): Promise<ServerEvent[]> {
  const events: ServerEvent[] = [];
  for await (const event of serverEventsOf(linesOf(pieces(text, cuts)))) events.push(event);
  return events;
}

const STREAM =
  ': hello\n\nid: 1.ab\nevent: commit\ndata: {"ä":"😀"}\n\n: beat\n\ndata:a\ndata: b\n\nevent: end\ndata: {}\n\n';
const EVENTS: readonly ServerEvent[] = [
  { event: 'commit', id: '1.ab', data: '{"ä":"😀"}' },
  { event: 'message', id: '1.ab', data: 'a\nb' },
  { event: 'end', id: '1.ab', data: '{}' },
];

it('reads events wherever the bytes are cut', async () => {
  expect(await eventsIn(STREAM)).toEqual(EVENTS);
  expect(await eventsIn(STREAM.replaceAll('\n', '\r\n'))).toEqual(EVENTS);
  const cuts = fc.array(fc.nat(STREAM.length), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(cuts, async (at) => {
      expect(
        await eventsIn(
          STREAM,
          at.toSorted((a, b) => a - b),
        ),
      ).toEqual(EVENTS);
    }),
  );
});

it('leaves away an event that the end cuts off', async () => {
  for (let length = 0; length < STREAM.length; length++) {
    const events = await eventsIn(STREAM.slice(0, length));
    expect(events).toEqual(EVENTS.slice(0, events.length));
  }
  expect(await eventsIn(STREAM.slice(0, -1))).toEqual(EVENTS.slice(0, 2));
});

it('bounds a line', async () => {
  const long = pieces('x'.repeat(1000), [400, 800]);
  const read = async (): Promise<void> => {
    for await (const line of linesOf(long, 900)) expect(line).toBe('never');
  };
  await expect(read()).rejects.toMatchObject({ code: 'limit_exceeded' });
});
