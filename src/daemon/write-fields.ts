/**
 * The options of a write in a body, the same for every route that writes.
 */
import {
  type CommitRequest,
  type PutOptions,
  valueOfJson,
  type WriteOptions,
} from '../core/index.ts';
import { AdastraError, type Durability } from '../core/index.ts';
import type { RequestFields } from './request-fields.ts';

const LEVELS: readonly string[] = ['always', 'interval', 'os'];

/** What every write takes. */
export function writeOptionsOf(fields: RequestFields): WriteOptions {
  const metadata = fields.raw('metadata');
  return {
    durability: durabilityOf(fields.text('durability')),
    commandId: fields.text('commandId'),
    ifSeq: fields.whole('ifSeq'),
    actor: fields.text('actor'),
    reason: fields.text('reason'),
    ...(metadata === undefined ? {} : { metadata: valueOfJson(metadata) }),
  };
}

/** What a write of one key takes besides. */
export function putOptionsOf(fields: RequestFields): PutOptions {
  return {
    ...writeOptionsOf(fields),
    ifAbsent: fields.flag('ifAbsent'),
    ifStamp: fields.textOrTexts('ifStamp'),
  };
}

/** A commit of named operations: `{ operations: [{ op, args }], … }`. */
export function commitRequestOf(fields: RequestFields): CommitRequest {
  const operations = fields.raw('operations');
  if (!Array.isArray(operations)) {
    throw new AdastraError('invalid_argument', '"operations" must be a list of { op, args }');
  }
  return { ...writeOptionsOf(fields), operations: operations.map(operationOf) };
}

function operationOf(item: unknown, index: number): CommitRequest['operations'][number] {
  const isRecord = typeof item === 'object' && item !== null && !Array.isArray(item);
  const { op, args, ...rest } = (isRecord ? item : {}) as Record<string, unknown>;
  if (typeof op !== 'string' || Object.keys(rest).length > 0) {
    throw new AdastraError('invalid_argument', `operations[${index}] must be { op, args }`);
  }
  return { op, args: args === undefined ? undefined : valueOfJson(args, '$') };
}

function durabilityOf(level: string | undefined): Durability | undefined {
  if (level === undefined || LEVELS.includes(level)) return level as Durability | undefined;
  throw new AdastraError('invalid_argument', `durability must be one of ${LEVELS.join(', ')}`);
}
