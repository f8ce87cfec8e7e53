/**
 * Conflicts: those there are, one of them, the end of one, and the journal of those that ended. A
 * key stands in the path as one segment, or in the twin's query as for entries.
 */
import { AdastraError, valueOfJson } from '../../core/index.ts';
import type { Resolution } from '../../engine/index.ts';
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
import { writeOptionsOf } from '../write-fields.ts';

/** `conflicts`, `conflict`, `journal` */
export const conflictRoutes: Routes = (app, serving) => {
  const { node } = serving;
  app.get('/v1/conflicts', (context) => {
    const options = listOptionsOf(queryOf(context));
    return ndjson(context, serving, () => records(node.conflicts(options)));
  });
  app.get('/v1/journal', (context) => {
    const options = listOptionsOf(queryOf(context));
    return ndjson(context, serving, () => records(node.decidedConflicts(options)));
  });
  app.get('/v1/conflicts/:key', (context) => {
    queryOf(context).done();
    return oneConflict(context, serving, segment(context, 3));
  });
  app.get('/v1/conflict', (context) => oneConflict(context, serving, keyOf(context)));
  app.post('/v1/conflicts/:key/resolve', (context) => {
    queryOf(context).done();
    return resolve(context, serving, segment(context, 3));
  });
  app.post('/v1/conflict/resolve', (context) => resolve(context, serving, keyOf(context)));
};

async function oneConflict(
  context: SocketContext,
  { node }: Serving,
  key: string,
): Promise<Response> {
  const conflict = await node.conflict(key);
  if (conflict === undefined) throw notThere('conflict under this key');
  return context.json(recordJson(conflict));
}

async function resolve(context: SocketContext, serving: Serving, key: string): Promise<Response> {
  const fields = await bodyBesideQuery(context, serving);
  const resolution = resolutionOf(fields);
  const options = writeOptionsOf(fields);
  fields.done();
  return context.json(await serving.node.resolveConflict(key, resolution, options));
}

function keyOf(context: SocketContext): string {
  const query = queryOf(context);
  const key = query.neededText('key');
  query.done();
  return key;
}

function resolutionOf(fields: RequestFields): Resolution {
  const given = ['stamp', 'value', 'remove'].filter((name) => fields.has(name));
  if (given.length !== 1) {
    throw new AdastraError('invalid_argument', 'a resolution has one of stamp, value and remove');
  }
  if (given[0] === 'stamp') return { stamp: fields.neededText('stamp') };
  if (given[0] === 'value') return { value: valueOfJson(fields.raw('value')) };
  if (fields.flag('remove') === true) return { remove: true };
  throw new AdastraError('invalid_argument', '"remove" can only be true');
}

function listOptionsOf(query: RequestFields): { prefix: string | undefined; limit?: number } {
  const prefix = query.text('prefix');
  const limit = query.whole('limit');
  query.done();
  return { prefix, ...(limit === undefined ? {} : { limit }) };
}

async function* records(source: AsyncIterable<object>): AsyncGenerator<object, void, undefined> {
  for await (const record of source) yield recordJson(record);
}
