/**
 * The operation `put`: sets a key to a value, whatever was there.
 */
import { argumentCheck } from './argument-check.ts';
import type { AnyOperation } from './operation.ts';

export const putOperation: AnyOperation = {
  name: 'put',
  version: 1,
  args: argumentCheck(
    'put takes { key, value }',
    (args) => typeof args['key'] === 'string' && 'value' in args,
  ),
  handler: (context, { key, value }: { key: string; value: unknown }) => context.put(key, value),
};
