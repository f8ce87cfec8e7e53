/**
 * Looking for nodes on the network: started, stopped, asked.
 */
import { AdastraError } from '../../core/index.ts';
import { bodyOf, type Routes } from '../serving.ts';

/** Longer, and the caller should ask again: a request in hand is one fewer for others. */
const WAIT_MS_MAX = 60_000;

/** `discovery` */
export const discoveryRoutes: Routes = (app, serving) => {
  const { node } = serving;
  app.post('/v1/discovery/start', async (context) => {
    const fields = await bodyOf(context, serving);
    const options = {
      host: fields.text('host'),
      port: fields.whole('port'),
      targets: fields.texts('targets'),
      interfaces: fields.texts('interfaces'),
    };
    fields.done();
    return context.json(await node.startDiscovery(options));
  });
  app.post('/v1/discovery/stop', async (context) => {
    (await bodyOf(context, serving)).done();
    await node.stopDiscovery();
    return context.json({});
  });
  app.post('/v1/discovery/discover', async (context) => {
    const fields = await bodyOf(context, serving);
    const waitMs = fields.whole('waitMs');
    fields.done();
    if (waitMs !== undefined && waitMs > WAIT_MS_MAX) {
      throw new AdastraError('invalid_argument', `"waitMs" is at most ${WAIT_MS_MAX}`);
    }
    return context.json({ nodes: await node.discover(waitMs === undefined ? {} : { waitMs }) });
  });
};
