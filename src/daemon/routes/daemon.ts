/**
 * The process that serves: which one it is, and the wish that it stop.
 */
import { AdastraError } from '../../core/index.ts';
import { bodyOf, noQuery, type Routes } from '../serving.ts';

/** `daemon`, `stop` */
export const daemonRoutes: Routes = (app, serving) => {
  app.get('/v1/daemon', (context) => {
    noQuery(context);
    return context.json(serving.facts());
  });
  app.post('/v1/stop', async (context) => {
    (await bodyOf(context, serving)).done();
    const { stop } = serving;
    if (stop === undefined) {
      throw new AdastraError(
        'unavailable',
        'the process that has this node open cannot be stopped',
        {
          hint: 'it is no adastra start; end it where it runs',
        },
      );
    }
    // The answer goes first: stopping ends the connection that it travels on.
    context.env.outgoing.once('close', () => stop());
    return context.json({ stopping: true }, 202);
  });
};
