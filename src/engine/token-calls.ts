/**
 * The calls of `TokenApi` on an open node: reading them from its state, writing them as the system.
 */
import type { Writes } from '../store/transactions/index.ts';
import type { EngineParts } from './engine-parts.ts';
import type { TokenApi } from './token-api.ts';
import { createToken, listTokens, revokeToken } from './tokens.ts';

/** What the calls need of a node; an engine. */
export interface TokenSource {
  readonly parts: Pick<EngineParts, 'env' | 'replica'>;
  checkOpen(): void;
  writable(): Writes;
}

export function tokenCalls(engine: TokenSource): TokenApi {
  return {
    tokens: async () => {
      engine.checkOpen();
      return listTokens(engine.parts.replica.storage);
    },
    createToken: async (token) => {
      const writes = engine.writable();
      const { env, replica } = engine.parts;
      return createToken({ env, writes, storage: replica.storage }, token);
    },
    revokeToken: async (id) => revokeToken(engine.writable(), id),
  };
}
