/**
 * Sync: its state, one step of it, what waits for whom, what was refused, why something is not
 * there yet, and waiting until others have a commit.
 */
import { AdastraError, type Receipt } from '../../core/index.ts';
import { recordJson } from '../record-json.ts';
import type { RequestFields } from '../request-fields.ts';
import { bodyOf, noQuery, queryOf, type Routes, segment, signalOf } from '../serving.ts';

/** `sync` */
export const syncRoutes: Routes = (app, serving) => {
  const { node } = serving;
  app.get('/v1/sync', async (context) => {
    noQuery(context);
    return context.json(await node.syncStateInfo());
  });
  app.get('/v1/sync/outbox', async (context) => {
    noQuery(context);
    return context.json({ outbox: await node.outbox() });
  });
  app.get('/v1/sync/why', async (context) => {
    const query = queryOf(context);
    const subject = query.neededText('subject');
    query.done();
    return context.json(await node.syncWhy(subject));
  });
  app.post('/v1/sync/tick', async (context) => {
    const fields = await bodyOf(context, serving);
    const prune = fields.flag('prune');
    fields.done();
    return context.json(await node.tick(prune === undefined ? {} : { prune }));
  });
  app.get('/v1/sync/forks', async (context) => {
    noQuery(context);
    return context.json({ forks: await node.forks() });
  });
  app.post('/v1/sync/forks/:origin/keep', async (context) => {
    const origin = segment(context, 4);
    const fields = await bodyOf(context, serving);
    const originSeq = fields.whole('originSeq') ?? 0;
    const digest = fields.neededText('digest');
    fields.done();
    return context.json(await node.keepBranch(origin, { originSeq, digest }));
  });
  app.post('/v1/sync/clock-repair', async (context) => {
    (await bodyOf(context, serving)).done();
    return context.json(await node.clockRepair());
  });
  deadLetterRoutes(app, serving);
  waitRoutes(app, serving);
};

const deadLetterRoutes: Routes = (app, serving) => {
  const { node } = serving;
  app.get('/v1/sync/dead-letters', async (context) => {
    noQuery(context);
    return context.json({ deadLetters: (await node.deadLetters()).map(recordJson) });
  });
  app.post('/v1/sync/dead-letters/:id/retry', async (context) => {
    const fields = await bodyOf(context, serving);
    const drop = fields.flag('drop');
    fields.done();
    const id = segment(context, 4);
    const receipt = await node.retryDeadLetter(id, drop === undefined ? {} : { drop });
    return context.json(receipt === undefined ? {} : { receipt });
  });
};

const waitRoutes: Routes = (app, serving) => {
  const { node } = serving;
  app.post('/v1/sync/acknowledged', async (context) => {
    const signal = signalOf(context);
    const fields = await bodyOf(context, serving);
    const receipt = receiptOf(fields);
    const timeoutMs = fields.whole('timeoutMs');
    const by = byOf(fields.textOrTexts('by'));
    fields.done();
    const options = { signal, timeoutMs, ...(by === undefined ? {} : { by }) };
    await node.whenAcknowledged(receipt, options);
    return context.json({});
  });
  app.post('/v1/sync/stable', async (context) => {
    const signal = signalOf(context);
    const fields = await bodyOf(context, serving);
    const receipt = receiptOf(fields);
    const timeoutMs = fields.whole('timeoutMs');
    fields.done();
    await node.whenStable(receipt, { signal, timeoutMs });
    return context.json({});
  });
};

function receiptOf(fields: RequestFields): Receipt {
  const receipt = fields.raw('receipt');
  const { seq, origin } = (receipt ?? {}) as Partial<Receipt>;
  if (typeof seq === 'number' && typeof origin === 'string') return receipt as Receipt;
  throw new AdastraError('invalid_argument', '"receipt" must be a receipt as it was given');
}

function byOf(
  by: string | readonly string[] | undefined,
): 'any' | 'all' | readonly string[] | undefined {
  if (typeof by !== 'string' || by === 'any' || by === 'all') return by;
  throw new AdastraError('invalid_argument', '"by" must be any, all or a list of fingerprints');
}
