/**
 * Errors as answers tell them.
 */
import { type TSchema, Type } from 'typebox';
import { ERROR_CODES, type ErrorCode } from '../../core/index.ts';
import type { Problem } from '../../remote/index.ts';
import { describing } from './describing.ts';
import { fields, FLAG, mapOf, oneOf, TEXT, WHOLE } from './shapes.ts';

const CODES = Object.keys(ERROR_CODES) as ErrorCode[];

/** RFC 9457, with our members beside; docs/errors.md explains each code. */
export const PROBLEM: TSchema = describing<Problem>()(
  fields(
    {
      type: TEXT,
      title: TEXT,
      status: WHOLE,
      detail: TEXT,
      code: oneOf(CODES),
      retryable: FLAG,
      hint: Type.Optional(TEXT),
      outcome: oneOf(['rejected', 'unknown']),
      operationIndex: Type.Optional(WHOLE),
      details: mapOf(Type.Unknown()),
    },
    'Problem',
  ),
);
