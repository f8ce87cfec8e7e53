/**
 * Who belongs to the world: invitations, members, what they may do, the end of a membership.
 */
import { AdastraError, type Role } from '../../core/index.ts';
import type { RequestFields } from '../request-fields.ts';
import { bodyOf, noQuery, type Routes, segment } from '../serving.ts';

const ROLES: readonly string[] = ['read', 'write', 'admin', 'witness'];

/** `invite`, `members` */
export const memberRoutes: Routes = (app, serving) => {
  const { node } = serving;
  app.post('/v1/invite', async (context) => {
    const fields = await bodyOf(context, serving);
    const options = {
      role: roleOf(fields),
      scopes: fields.texts('scopes'),
      host: fields.text('host'),
      port: fields.whole('port'),
      expiresMs: fields.whole('expiresMs'),
    };
    fields.done();
    return context.json(await node.invite(options));
  });
  app.get('/v1/members', async (context) => {
    noQuery(context);
    return context.json({ members: await node.members() });
  });
  app.patch('/v1/members/:member', async (context) => {
    const fields = await bodyOf(context, serving);
    const role = roleOf(fields);
    const scopes = fields.raw('scopes') === null ? null : fields.texts('scopes');
    fields.done();
    return context.json(await node.changeMember(segment(context, 3), { role, scopes }));
  });
  app.post('/v1/members/:member/close', async (context) => {
    const fields = await bodyOf(context, serving);
    const force = fields.flag('force');
    fields.done();
    const options = force === undefined ? {} : { force };
    return context.json(await node.closeMember(segment(context, 3), options));
  });
};

function roleOf(fields: RequestFields): Role | undefined {
  const role = fields.text('role');
  if (role === undefined || ROLES.includes(role)) return role as Role | undefined;
  throw new AdastraError('invalid_argument', `role must be one of ${ROLES.join(', ')}`);
}
