/**
 * The operation `remove`: takes a key away; tells whether there was something to remove.
 */
import { argumentCheck } from './argument-check.ts';
import type { AnyOperation } from './operation.ts';

export const removeOperation: AnyOperation = {
  name: 'remove',
  version: 1,
  args: argumentCheck('remove takes { key }', (args) => typeof args['key'] === 'string'),
  handler: (context, { key }: { key: string }) => context.remove(key),
};
