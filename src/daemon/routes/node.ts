/**
 * The node itself: how it stands, who it is, its hashes, and the work on its files.
 */
import { isAbsolute } from 'node:path';
import { AdastraError } from '../../core/index.ts';
import { bodyOf, noQuery, type Routes, signalOf } from '../serving.ts';

/** `status`, `node`, `hashes`, `checkpoint`, `backup`, `verify`, `flush` */
export const nodeRoutes: Routes = (app, serving) => {
  const { node } = serving;
  app.get('/v1/status', async (context) => {
    noQuery(context);
    return context.json(await node.status());
  });
  app.get('/v1/node', async (context) => {
    noQuery(context);
    return context.json(await node.nodeInfo());
  });
  app.post('/v1/node/refresh', async (context) => {
    (await bodyOf(context, serving)).done();
    return context.json(await node.refreshNodeInfo());
  });
  app.get('/v1/hashes', async (context) => {
    noQuery(context);
    return context.json(await node.hashes());
  });
  app.post('/v1/checkpoint', async (context) => {
    (await bodyOf(context, serving)).done();
    return context.json(await node.checkpoint());
  });
  app.post('/v1/backup', async (context) => {
    const fields = await bodyOf(context, serving);
    const directory = fields.neededText('directory');
    fields.done();
    if (!isAbsolute(directory)) {
      throw new AdastraError('invalid_argument', '"directory" must be an absolute path', {
        hint: 'the node has a working directory of its own',
      });
    }
    return context.json(await node.backup(directory));
  });
  app.post('/v1/verify', async (context) => {
    const signal = signalOf(context);
    (await bodyOf(context, serving)).done();
    return context.json(await node.verify({ signal }));
  });
  app.post('/v1/flush', async (context) => {
    (await bodyOf(context, serving)).done();
    await node.flush();
    return context.json({});
  });
};
