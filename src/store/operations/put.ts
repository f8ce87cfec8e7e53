/**
 * The operation `put`: sets a key to a value, whatever was there.
 */
import { AdastraError } from '../../core/index.ts';
import type { AnyOperation } from './operation.ts';
import { isRecord } from './record.ts';

export const putOperation: AnyOperation = {
  name: 'put',
  version: 1,
  handler: (context, args: unknown) => {
    if (!isRecord(args) || typeof args['key'] !== 'string' || !('value' in args)) {
      throw new AdastraError('operation_invalid', 'put takes { key, value }');
    }
    context.put(args['key'], args['value']);
  },
};
