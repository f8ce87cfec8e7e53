/**
 * Keys and values: `/v1/entries/{key}` with the key as one percent-encoded segment, and its twin
 * `/v1/entry?key=` for keys that a path cannot carry (`.`, `..`) and for proxies that decode `%2F`.
 */
import type { Range } from '../../core/index.ts';
import { recordJson } from '../record-json.ts';
import type { RequestFields } from '../request-fields.ts';
import {
  bodyBesideQuery,
  notThere,
  queryOf,
  type Routes,
  segment,
  type Serving,
  type SocketContext,
} from '../serving.ts';
import { ndjson } from '../stream-response.ts';
import { valueOfJson } from '../../core/index.ts';
import { putOptionsOf } from '../write-fields.ts';

const KEY_AT = 3;

type KeyRoute = (
  context: SocketContext,
  serving: Serving,
  target: { readonly key: string; readonly query: RequestFields },
) => Promise<Response>;

/** `entries`, `entry`, `count` */
export const entryRoutes: Routes = (app, serving) => {
  const both = (suffix: string, methods: Readonly<Record<string, KeyRoute>>): void => {
    for (const [method, route] of Object.entries(methods)) {
      app.on(method, `/v1/entries/:key${suffix}`, (context) =>
        route(context, serving, { key: segment(context, KEY_AT), query: queryOf(context) }),
      );
      app.on(method, `/v1/entry${suffix}`, (context) => {
        const query = queryOf(context);
        return route(context, serving, { key: query.neededText('key'), query });
      });
    }
  };
  both('', { GET: getEntry, PUT: putEntry, DELETE: removeEntry });
  both('/history', { GET: getHistory });
  app.get('/v1/entries', (context) => {
    const range = rangeOf(queryOf(context));
    return ndjson(context, serving, () => rows(serving, range));
  });
  app.get('/v1/count', async (context) => {
    return context.json({ count: await serving.node.count(rangeOf(queryOf(context))) });
  });
};

const getEntry: KeyRoute = async (context, { node }, { key, query }) => {
  query.done();
  const entry = await node.getEntry(key);
  if (entry === undefined) throw notThere('value under this key');
  return context.json({ key, ...recordJson(entry) });
};

const putEntry: KeyRoute = async (context, serving, { key, query }) => {
  query.done();
  const fields = await bodyBesideQuery(context, serving);
  const value = valueOfJson(fields.raw('value'));
  const options = putOptionsOf(fields);
  fields.done();
  return context.json(await serving.node.put(key, value, options));
};

const removeEntry: KeyRoute = async (context, serving, { key, query }) => {
  query.done();
  const fields = await bodyBesideQuery(context, serving);
  const options = putOptionsOf(fields);
  fields.done();
  return context.json(await serving.node.remove(key, options));
};

const getHistory: KeyRoute = (context, serving, { key, query }) => {
  const limit = query.whole('limit');
  query.done();
  return ndjson(context, serving, async function* (signal) {
    for await (const entry of serving.node.history(key, { limit, signal })) yield recordJson(entry);
  });
};

async function* rows({ node }: Serving, range: Range): AsyncGenerator<object, void, undefined> {
  for await (const [key, value] of node.list(range)) yield recordJson({ key, value });
}

function rangeOf(query: RequestFields): Range {
  const range: Range = {
    prefix: query.text('prefix'),
    gt: query.text('gt'),
    gte: query.text('gte'),
    lt: query.text('lt'),
    lte: query.text('lte'),
    reverse: query.flag('reverse'),
    limit: query.whole('limit'),
    system: query.flag('system'),
  };
  query.done();
  return range;
}
