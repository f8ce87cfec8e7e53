/**
 * The listener for other nodes, started and stopped; how it stands is in `/v1/status`.
 */
import { bodyOf, type Routes } from '../serving.ts';

/** `transport` */
export const transportRoutes: Routes = (app, serving) => {
  const { node } = serving;
  app.post('/v1/transport/start', async (context) => {
    const fields = await bodyOf(context, serving);
    const options = { host: fields.text('host'), port: fields.whole('port') };
    fields.done();
    return context.json(await node.startTransport(options));
  });
  app.post('/v1/transport/stop', async (context) => {
    (await bodyOf(context, serving)).done();
    await node.stopTransport();
    return context.json({});
  });
};
