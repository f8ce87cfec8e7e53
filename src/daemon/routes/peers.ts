/**
 * Links to other nodes: those there are, one more, one less.
 */
import { bodyOf, noQuery, type Routes, segment, signalOf } from '../serving.ts';

/** `peers` */
export const peerRoutes: Routes = (app, serving) => {
  const { node } = serving;
  app.get('/v1/peers', async (context) => {
    noQuery(context);
    return context.json({ peers: await node.peers() });
  });
  app.post('/v1/connect', async (context) => {
    const signal = signalOf(context);
    const fields = await bodyOf(context, serving);
    const target = fields.neededText('target');
    const timeoutMs = fields.whole('timeoutMs');
    fields.done();
    return context.json(await node.connect(target, { signal, timeoutMs }));
  });
  app.post('/v1/peers/:member/disconnect', async (context) => {
    (await bodyOf(context, serving)).done();
    await node.disconnect(segment(context, 3));
    return context.json({});
  });
};
