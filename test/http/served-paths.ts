/**
 * What an application answers by its own account, held against the document: a handler that was
 * added beside the routes is served and described nowhere.
 */
import { type Json, operationsOf } from './openapi-shape.ts';

interface Handler {
  readonly method: string;
  readonly path: string;
}

/** `GET /v1/secret` for each handler that the document does not have. */
export function undocumented(handlers: readonly Handler[], document: Json): string[] {
  const told = new Set(
    operationsOf(document).map(({ method, path }) => `${method.toUpperCase()} ${path}`),
  );
  return handlers
    .filter(({ method, path }) => !(method === 'ALL' && path === '/*'))
    .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`)
    .filter((name) => !told.has(name));
}
