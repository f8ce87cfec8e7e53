/**
 * The operations that a node knows by name: `put`, `remove` and what the application defined. It
 * finds one, checks its arguments and runs it; a failure is told apart by code:
 * `operation_unknown`, `operation_invalid` (arguments), `operation_failed` (the handler threw).
 */
import { AdastraError } from '../../core/index.ts';
import type { AnyOperation, OperationContext } from './operation.ts';
import { putOperation } from './put.ts';
import { removeOperation } from './remove.ts';

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

  /** Runs a named operation in `context`; gives what the handler returned. */
  run(context: OperationContext, name: string, args: unknown): unknown {
    const operation = this.find(name);
    const checked = checkArguments(operation, args);
    let result: unknown;
    try {
      result = operation.handler(context, checked as never);
    } catch (error) {
      throw AdastraError.is(error) ? error : failed(operation, error);
    }
    if (isThenable(result)) {
      throw new AdastraError('async_transaction', `operation ${name} returned a promise`, {
        hint: 'handlers are synchronous; fetch what they need before the commit',
      });
    }
    return result;
  }
}

function checkArguments(operation: AnyOperation, args: unknown): unknown {
  if (operation.args === undefined) return args;
  const result = operation.args['~standard'].validate(args);
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
    details: { operation: operation.name },
    cause: error,
  });
}

/** Whether a value is a promise or behaves like one. */
export function isThenable(value: unknown): boolean {
  return (
    (typeof value === 'object' || typeof value === 'function') &&
    value !== null &&
    typeof (value as { then?: unknown }).then === 'function'
  );
}
