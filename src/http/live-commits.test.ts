import { expect, it } from 'vitest';
import {
  answer,
  fault,
  pieces,
  ScriptedPlatform,
  type Scripted,
} from '../../test/support/scripted-platform.ts';
import { AdastraError } from '../core/index.ts';
import { Endings } from './ending.ts';
import { HttpConnection } from './http-connection.ts';
import { liveCommits } from './live-commits.ts';
import { resolveOptions } from './options.ts';

const event = (seq: number): string =>
  `id: ${seq}.d${seq}\nevent: commit\ndata: {"seq":${seq},"events":[]}\n\n`;
const END = 'event: end\ndata: {}\n\n';
const told = (code: string): string =>
  `event: error\ndata: {"code":"${code}","detail":"it is ${code}"}\n\n`;
const BEAT = ': \n\n';
const place = (seq: number): string => `id: ${seq}.d${seq}\nevent: fresh\ndata: {"seq":${seq}}\n\n`;

interface Followed {
  readonly seqs: number[];
  readonly code: string;
  /** `last-event-id` of each request. */
  readonly ids: (string | undefined)[];
}

/** Follows until it throws, or until `count` commits came and the client was closed. */
async function follow(script: readonly Scripted[], count = 99): Promise<Followed> {
  const platform = new ScriptedPlatform(script);
  const options = resolveOptions({ url: 'http://node', retryMs: 60_000 });
  const connection = new HttpConnection(platform, options, new Endings());
  const seqs: number[] = [];
  const following = async (): Promise<string> => {
    try {
      const call = { method: 'GET', path: '/v1/stream?from=1' };
      for await (const { seq } of liveCommits(connection, call)) {
        if (seqs.push(seq) === count) connection.close();
      }
      return 'end';
    } catch (error) {
      if (!AdastraError.is(error)) throw error;
      return error.code;
    }
  };
  const code = await platform.run(following());
  return { seqs, code, ids: platform.asked.map(({ init }) => init.headers['last-event-id']) };
}

it('goes on behind the last whole event, however a stream ends', async () => {
  const followed = await follow(
    [
      pieces([BEAT, event(1), event(2).slice(0, -1)], 'cut'),
      fault('ECONNRESET'),
      pieces([event(2), event(3), 'id: 4.d4\nevent: com'], 'whole'),
      pieces([event(4), END], 'whole'),
      pieces([event(5)], 'silence'),
      pieces([event(6), told('overloaded')], 'whole'),
      answer(429, { code: 'overloaded', detail: 'busy' }, { 'retry-after': '1' }),
      pieces([event(7)], 'silence'),
    ],
    7,
  );
  expect(followed).toEqual({
    seqs: [1, 2, 3, 4, 5, 6, 7],
    code: 'end',
    ids: [undefined, '1.d1', '1.d1', '3.d3', '4.d4', '5.d5', '6.d6', '6.d6'],
  });
});

it('goes on behind what was filtered out', async () => {
  const followed = await follow(
    [pieces([place(4), event(6), place(9)], 'cut'), pieces([event(12)], 'silence')],
    2,
  );
  expect(followed).toEqual({ seqs: [6, 12], code: 'end', ids: [undefined, '9.d9'] });
});

it('throws what another try does not change', async () => {
  for (const code of ['reset', 'history_truncated', 'forbidden']) {
    const inside = await follow([pieces([event(1), told(code)], 'whole')]);
    expect(inside).toMatchObject({ seqs: [1], code });
    const before = await follow([pieces([event(1)], 'cut'), answer(410, { code, detail: '' })]);
    expect(before).toMatchObject({ seqs: [1], code });
  }
});

it('gives up on a node that is gone, not on one without news', async () => {
  const gone = await follow([pieces([event(1)], 'cut'), ...Array<Scripted>(99).fill(fault('E'))]);
  expect(gone).toMatchObject({ seqs: [1], code: 'unavailable' });
  // Each of these takes 45 s of silence, three times what `retryMs` allows together.
  const quiet = Array<Scripted>(4).fill(pieces([BEAT], 'silence'));
  const followed = await follow([...quiet, pieces([event(1)], 'silence')], 1);
  expect(followed).toMatchObject({ seqs: [1], code: 'end' });
});
