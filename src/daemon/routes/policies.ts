/**
 * Conflict policies by key prefix; the empty prefix is every key.
 */
import { AdastraError } from '../../core/index.ts';
import type { PolicyName } from '../../engine/index.ts';
import { bodyOf, noQuery, queryOf, type Routes } from '../serving.ts';

const POLICIES: readonly string[] = [
  'last-write-wins',
  'merge-fields',
  'manual',
  'custom',
  'keep-local',
  'apply-remote',
] satisfies PolicyName[];

/** `policies` */
export const policyRoutes: Routes = (app, serving) => {
  const { node } = serving;
  app.get('/v1/policies', async (context) => {
    noQuery(context);
    return context.json({ policies: await node.policies() });
  });
  app.put('/v1/policies', async (context) => {
    const fields = await bodyOf(context, serving);
    const prefix = fields.neededText('prefix');
    const policy = fields.neededText('policy');
    const [name, version] = [fields.text('name'), fields.whole('version')];
    fields.done();
    if (!POLICIES.includes(policy)) {
      throw new AdastraError('invalid_argument', `policy must be one of ${POLICIES.join(', ')}`);
    }
    const rule = { policy: policy as PolicyName, name, version };
    return context.json(await node.setPolicy(prefix, rule));
  });
  app.delete('/v1/policies', async (context) => {
    const query = queryOf(context);
    const prefix = query.neededText('prefix');
    query.done();
    return context.json(await node.setPolicy(prefix, undefined));
  });
};
