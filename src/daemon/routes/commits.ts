/**
 * Commits: made of operations, checked, taken back, listed from the log, followed as they come.
 */
import { AdastraError } from '../../core/index.ts';
import { recordJson } from '../record-json.ts';
import {
  bodyOf,
  noQuery,
  notThere,
  queryOf,
  type Routes,
  segment,
  seqSegment,
} from '../serving.ts';
import { ndjson, serverSentEvents } from '../stream-response.ts';
import { commitRequestOf, writeOptionsOf } from '../write-fields.ts';

/** `commit`, `preflight`, `commits`, `stream`, `receipts` */
export const commitRoutes: Routes = (app, serving) => {
  const { node } = serving;
  app.post('/v1/commit', async (context) => {
    const fields = await bodyOf(context, serving);
    const request = commitRequestOf(fields);
    fields.done();
    return context.json({ ...(await node.commit(request)), outcome: 'committed' });
  });
  app.post('/v1/preflight', async (context) => {
    const fields = await bodyOf(context, serving);
    const request = commitRequestOf(fields);
    fields.done();
    return context.json(await node.preflight(request));
  });
  app.post('/v1/commits/:seq/revert', async (context) => {
    const seq = seqSegment(context, 3);
    const fields = await bodyOf(context, serving);
    const options = { ...writeOptionsOf(fields), reason: fields.neededText('reason') };
    fields.done();
    return context.json(await node.revert(seq, options));
  });
  app.get('/v1/receipts/:commandId', async (context) => {
    noQuery(context);
    const receipt = await node.receiptOf(segment(context, 3));
    if (receipt === undefined) throw notThere('receipt of this command');
    return context.json(receipt);
  });
  app.get('/v1/commits', (context) => {
    const query = queryOf(context);
    const options = { from: query.whole('from'), system: query.flag('system'), live: false };
    query.done();
    return ndjson(context, serving, async function* (signal) {
      for await (const commit of node.changes({ ...options, signal })) yield recordJson(commit);
    });
  });
  app.get('/v1/stream', (context) => {
    const query = queryOf(context);
    const options = { from: query.whole('from'), system: query.flag('system'), live: true };
    query.done();
    return serverSentEvents(context, serving, async function* (signal) {
      try {
        for await (const commit of node.changes({ ...options, signal })) {
          yield [String(commit.seq), recordJson(commit)] as const;
        }
      } catch (error) {
        // Our own signal: the reader has gone, or the server stops and says `end`.
        if (!(AdastraError.is(error) && error.code === 'aborted')) throw error;
      }
    });
  });
};
