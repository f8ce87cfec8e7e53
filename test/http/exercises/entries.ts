/** Entries, in the path and in the query. */
import type { NodeApi } from '../../../src/engine/index.ts';
import type { Ask, Exercise, Exercises } from '../exercise.ts';

const KEY = 'a/b%2F ü';
const LONG = 'k'.repeat(2000);

const present = (node: NodeApi): Promise<unknown> => node.put(KEY, { day: new Date(0), n: 5n });

/** The same exercise at both places of a key. */
function both(method: string, suffix: string, exercise: (ask: KeyAsk) => Exercise): Exercises {
  const inPath: KeyAsk = (key, more = {}) => ({ ...more, params: { key } });
  const inQuery: KeyAsk = (key, more = {}) => {
    const query = [`key=${encodeURIComponent(key)}`, more.query ?? ''].filter(
      (part) => part !== '',
    );
    return { ...more, query: query.join('&') };
  };
  return {
    [`${method} /v1/entries/{key}${suffix}`]: exercise(inPath),
    [`${method} /v1/entry${suffix}`]: exercise(inQuery),
  };
}

type KeyAsk = (key: string, more?: Ask) => Ask;

/** Takes the id of a command that was another one. */
async function commanded(node: NodeApi): Promise<void> {
  await present(node);
  await node.put('other', 1, { commandId: 'taken' });
}

function write(at: KeyAsk, body: object): Exercise {
  return {
    before: commanded,
    good: at(KEY, { body }),
    refused: {
      invalid_key: at(LONG, { body }),
      reserved_key: at('$mine', { body }),
      invalid_value: at(KEY, { body: { ...body, metadata: { $date: 'no day' } } }),
      invalid_options: at(KEY, { body: { ...body, commandId: '' } }),
      condition_failed: at(KEY, { body: { ...body, ifSeq: 0 } }),
      command_mismatch: at(KEY, { body: { ...body, commandId: 'taken' } }),
    },
    odd: [
      at(KEY, { body: { ...body, ifAbsent: true, ifStamp: ['unheard'] } }),
      at(KEY, { body: { ...body, ifStamp: 'unheard', durability: 'os' } }),
      at(KEY, { body: { ...body, commandId: '' } }),
      at(KEY, { body: { ...body, actor: LONG, reason: LONG } }),
      at('', { body }),
    ],
  };
}

export const entryExercises: Exercises = {
  'GET /v1/entries': {
    before: present,
    good: { query: 'prefix=a%2F&limit=5&reverse=true&page=2' },
    streamed: { query: 'prefix=a%2F&limit=5&reverse=true' },
    odd: [
      { query: `prefix=${LONG}` },
      { query: 'system=true' },
      { query: 'page=1' },
      { query: 'at=1&system=true' },
      { query: 'at=999999&page=1' },
      { query: 'page=1001' },
      { query: 'cursor=x' },
      { query: 'gt=a&gte=b' },
      { query: 'gt=b&lt=a' },
    ],
  },
  'GET /v1/count': {
    before: present,
    good: { query: 'gte=a&lt=b' },
    odd: [
      { query: `gt=${LONG}` },
      { query: 'limit=0' },
      { query: 'limit=99999999999999999' },
      { query: 'gt=a&gte=b' },
    ],
  },
  ...both('GET', '', (at) => ({
    before: present,
    good: at(KEY),
    refused: { not_found: at('nowhere'), invalid_key: at(LONG) },
    odd: [at('$world/id')],
  })),
  ...both('PUT', '', (at) => {
    const exercise = write(at, { value: { $bigint: '5' } });
    const refused = {
      ...exercise.refused,
      invalid_value: at(KEY, { body: { value: { $date: 1 } } }),
    };
    return { ...exercise, refused };
  }),
  ...both('DELETE', '', (at) => write(at, {})),
  ...both('GET', '/history', (at) => ({
    before: present,
    good: at(KEY, { query: 'page=1' }),
    streamed: at(KEY, { query: 'limit=2' }),
    refused: { invalid_key: at(LONG, { query: 'page=1' }) },
    odd: [
      at(KEY, { query: 'page=0' }),
      at(KEY, { query: 'cursor=x' }),
      at('nowhere'),
      at('$world/id'),
      at(KEY, { query: 'limit=0&upTo=3' }),
    ],
  })),
};
