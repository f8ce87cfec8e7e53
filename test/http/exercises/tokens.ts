/** Tokens: one made before each request, so that one is there to be shown and revoked. */
import type { NodeApi } from '../../../src/engine/index.ts';
import type { Exercises } from '../exercise.ts';

let id = '';

async function makeOne(node: NodeApi): Promise<void> {
  ({ id } = await node.createToken({ role: 'write', prefixes: ['a/'], note: 'till' }));
}

export const tokenExercises: Exercises = {
  'GET /v1/tokens': { before: makeOne, good: {} },
  'POST /v1/tokens': {
    good: { body: { role: 'read', prefixes: ['a/'], expiresMs: 1000, note: 'till' } },
    refused: { invalid_options: { body: { role: 'admin', prefixes: ['a/'] } } },
    odd: [{ body: { role: 'root' } }, { body: { role: 'read', expiresMs: 0 } }],
  },
  'DELETE /v1/tokens/{id}': {
    before: makeOne,
    good: () => ({ params: { id } }),
    refused: { not_found: { params: { id: 'f'.repeat(16) } } },
    odd: [{ params: { id: 'none' } }],
  },
};
