/**
 * What lets programs call over TCP: the tokens of the world, one more, one less.
 */
import { Type } from 'typebox';
import { OF_LANE } from '../route-errors.ts';
import { type Route, route } from '../route.ts';
import { EMPTY, fields, TEXT, TEXTS, WHOLE } from '../schemas/shapes.ts';
import { CREATED_TOKEN, TOKEN, TOKEN_ROLE } from '../schemas/tokens.ts';

const TAG = 'Tokens';

const NEW_TOKEN = fields({
  role: TOKEN_ROLE,
  prefixes: Type.Optional(TEXTS),
  expiresMs: Type.Optional(WHOLE),
  note: Type.Optional(TEXT),
});

/** `tokens` */
export const tokenRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/v1/tokens',
    tag: TAG,
    summary: 'The tokens of the world, without their secrets.',
    access: 'admin',
    answers: [{ type: 'json', schema: fields({ tokens: Type.Array(TOKEN) }) }],
    run: async ({ serving }) => ({ tokens: await serving.node.tokens() }),
  }),
  route({
    method: 'POST',
    path: '/v1/tokens',
    tag: TAG,
    summary: 'Makes a token; its text is shown in this answer and never again.',
    access: 'admin',
    body: NEW_TOKEN,
    answers: [{ type: 'json', schema: CREATED_TOKEN }],
    errors: ['invalid_options', ...OF_LANE],
    run: async ({ serving, body }) => serving.node.createToken(body),
  }),
  route({
    method: 'DELETE',
    path: '/v1/tokens/{id}',
    tag: TAG,
    summary: 'Revokes a token: it is good for nothing from now on.',
    access: 'admin',
    answers: [{ type: 'json', schema: EMPTY }],
    errors: ['not_found', ...OF_LANE],
    run: async ({ serving, params }) => {
      await serving.node.revokeToken(params['id'] as string);
      return {};
    },
  }),
];
