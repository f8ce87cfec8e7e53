/**
 * The operations that a node knows by name: `put`, `remove` and what the application defined. It
 * finds one, checks its arguments and runs it; a failure is told apart by code:
 * `operation_unknown`, `operation_invalid` (arguments), `operation_failed` (the handler threw). The
 * first two need no state: a commit is refused for them before it enters the lane.
 */
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { AdastraError } from '../../core/index.ts';
import type { AnyOperation, OperationContext } from './operation.ts';
import { putOperation } from './put.ts';
import { removeOperation } from './remove.ts';

/** A call whose operation is known and whose arguments fit. */
export interface PreparedCall {
  readonly operation: AnyOperation;
  /** As the schema gives them. */
  readonly args: unknown;
}

export class OperationRegistry {
  readonly #operations = new Map<string, AnyOperation>();

  /** Throws `invalid_options` for a name that is taken. */
  constructor(operations: readonly AnyOperation[] = []) {
    for (const operation of [putOperation, removeOperation, ...operations]) {
      if (this.#operations.has(operation.name)) {
        throw new AdastraError('invalid_options', `two operations are named ${operation.name}`);
      }
      this.#operations.set(operation.name, operation);
    }
  }

  /** Throws `operation_unknown`. */
  find(name: string): AnyOperation {
    const operation = this.#operations.get(name);
    if (operation !== undefined) return operation;
    throw new AdastraError('operation_unknown', `there is no operation ${JSON.stringify(name)}`, {
      hint: `known operations: ${[...this.#operations.keys()].join(', ')}`,
      details: { operation: name },
    });
  }

  /** Throws `operation_unknown` or `operation_invalid`; looks at nothing but the arguments. */
  prepare(name: string, args: unknown): PreparedCall {
    const operation = this.find(name);
    return { operation, args: checkArguments(operation, args) };
  }
}

/** Runs the handler in `context`; gives what it returned. */
export function runPrepared(context: OperationContext, call: PreparedCall): unknown {
  const { operation, args } = call;
  let result: unknown;
  try {
    result = operation.handler(context, args as never);
  } catch (error) {
    throw AdastraError.is(error) ? error : failed(operation, error);
  }
  if (isThenable(result)) {
    throw new AdastraError('async_transaction', `operation ${operation.name} returned a promise`, {
      hint: 'handlers are synchronous; fetch what they need before the commit',
    });
  }
  return result;
}

function checkArguments(operation: AnyOperation, args: unknown): unknown {
  if (operation.args === undefined) return args;
  const result = validated(operation, operation.args, args);
  if (isThenable(result)) {
    throw new AdastraError('operation_invalid', `the schema of ${operation.name} is asynchronous`, {
      hint: 'arguments are checked inside the commit: use a synchronous schema',
    });
  }
  const { issues } = result as {
    issues?: readonly { message: string; path?: readonly unknown[] }[];
  };
  if (issues === undefined) return (result as { value: unknown }).value;
  const found = issues.map((issue) => `${pathText(issue.path)}${issue.message}`).join('; ');
  throw new AdastraError('operation_invalid', `arguments of ${operation.name}: ${found}`, {
    details: { operation: operation.name, issues: issues.map((issue) => issue.message) },
  });
}

function validated(operation: AnyOperation, schema: StandardSchemaV1, args: unknown): unknown {
  try {
    return schema['~standard'].validate(args);
  } catch (error) {
    throw failed(operation, error);
  }
}

function pathText(path: readonly unknown[] | undefined): string {
  if (path === undefined || path.length === 0) return '';
  const keys = path.map((part) =>
    String(
      typeof part === 'object' ? (part as { key: PropertyKey } | null)?.key : (part as PropertyKey),
    ),
  );
  return `${keys.join('.')}: `;
}

function failed(operation: AnyOperation, error: unknown): AdastraError {
  const reason = error instanceof Error ? error.message : String(error);
  return new AdastraError('operation_failed', `operation ${operation.name} failed: ${reason}`, {
    details: { ...factsOf(error), operation: operation.name },
    cause: error,
  });
}

/** What a handler's own error says for programs: its `details`, and its `code`. */
function factsOf(error: unknown): Record<string, unknown> {
  if (typeof error !== 'object' || error === null) return {};
  const { code, details } = error as { code?: unknown; details?: unknown };
  return {
    ...(typeof details === 'object' && details !== null ? details : {}),
    ...(typeof code === 'string' ? { code } : {}),
  };
}

/** Whether a value is a promise or behaves like one. */
export function isThenable(value: unknown): boolean {
  return (
    (typeof value === 'object' || typeof value === 'function') &&
    value !== null &&
    typeof (value as { then?: unknown }).then === 'function'
  );
}
