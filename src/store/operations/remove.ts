/**
 * The operation `remove`: takes a key away; tells whether there was something to remove.
 */
import { AdastraError } from '../../core/index.ts';
import type { AnyOperation } from './operation.ts';
import { isRecord } from './record.ts';

export const removeOperation: AnyOperation = {
  name: 'remove',
  version: 1,
  handler: (context, args: unknown) => {
    if (!isRecord(args) || typeof args['key'] !== 'string') {
      throw new AdastraError('operation_invalid', 'remove takes { key }');
    }
    return context.remove(args['key']);
  },
};
