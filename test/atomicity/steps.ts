/**
 * Operations that fail where a test says. Everything that a handler does is a step: its schema, its
 * begin, each call of the context, its end; step number `failAt` throws instead of being taken.
 */
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Entry, Range, Value } from '../../src/core/index.ts';
import type { AnyOperation, OperationContext } from '../../src/store/operations/index.ts';

/** What a failing step throws: no error of ours. */
export class PlantedFault extends Error {}

export class Steps {
  /** Steps since `arm`. */
  count = 0;
  #failAt: number | undefined;

  /** The next step is number 0; `failAt`: the one that fails. */
  arm(failAt?: number): void {
    this.count = 0;
    this.#failAt = failAt;
  }

  /** Whether the failing step was come to. */
  get hasFailed(): boolean {
    return this.#failAt !== undefined && this.count > this.#failAt;
  }

  take(what: string): void {
    if (this.count++ === this.#failAt) throw new PlantedFault(`planted at ${what}`);
  }
}

/** The operation, with its steps counted. */
export function stepwise(operation: AnyOperation, steps: Steps): AnyOperation {
  const { name, version, args, handler } = operation;
  return {
    name,
    version,
    args: args === undefined ? undefined : stepwiseSchema(args, steps),
    handler: (context, given) => {
      steps.take(`the begin of ${name}`);
      const result = handler(new StepContext(context, steps), given);
      steps.take(`the end of ${name}`);
      return result;
    },
  };
}

function stepwiseSchema(schema: StandardSchemaV1, steps: Steps): StandardSchemaV1 {
  const { validate } = schema['~standard'];
  return {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: (value) => {
        steps.take('a validator');
        return validate(value);
      },
    },
  };
}

class StepContext implements OperationContext {
  readonly #inner: OperationContext;
  readonly #steps: Steps;

  constructor(inner: OperationContext, steps: Steps) {
    this.#inner = inner;
    this.#steps = steps;
  }

  get(key: string): Value | undefined {
    this.#steps.take(`get ${key}`);
    return this.#inner.get(key);
  }

  getEntry(key: string): Entry | undefined {
    this.#steps.take(`getEntry ${key}`);
    return this.#inner.getEntry(key);
  }

  contains(key: string): boolean {
    this.#steps.take(`contains ${key}`);
    return this.#inner.contains(key);
  }

  list(range?: Range): IterableIterator<[string, Value]> {
    this.#steps.take('list');
    return this.#inner.list(range);
  }

  put(key: string, value: unknown): void {
    this.#steps.take(`put ${key}`);
    this.#inner.put(key, value);
  }

  remove(key: string): boolean {
    this.#steps.take(`remove ${key}`);
    return this.#inner.remove(key);
  }

  run(name: string, args: unknown): unknown {
    this.#steps.take(`run ${name}`);
    return this.#inner.run(name, args);
  }
}
