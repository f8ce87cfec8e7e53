/**
 * Says what is wrong with a value, and where: paths (`$.items[3].price`), the name of what cannot
 * be stored, and the place where a value contains itself. Runs only when a value is refused, so
 * that the walkers keep nothing but a trail of keys.
 */
import { AdastraError } from './errors.ts';

const PLAIN_NAME = /^[A-Za-z_$][A-Za-z0-9_$]*$/;

/** The path that the first `depth` steps of `trail` lead to, from the root `$`. */
export function pathOf(trail: readonly (string | number)[], depth: number): string {
  let path = '$';
  for (let index = 0; index < depth; index++) {
    const step = trail[index] as string | number;
    if (typeof step === 'number') path += `[${step}]`;
    else path += PLAIN_NAME.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
  }
  return path;
}

/** `invalid_value` at `path`; `what` completes the sentence "the value at $ …". */
export function invalidValue(path: string, what: string): AdastraError {
  return new AdastraError('invalid_value', `the value at ${path} ${what}`, {
    hint: 'store JSON values, Uint8Array, Date and bigint only',
    details: { path },
  });
}

/**
 * `limit_exceeded`; `actual` is the figure when the walk stopped, at least the true one's lower
 * bound.
 */
export function valueTooLarge(limit: number, actual: number): AdastraError {
  return new AdastraError(
    'limit_exceeded',
    `the value takes ${actual} bytes or more, the limit is ${limit}`,
    {
      hint: 'split it over several keys, or raise the limit valueBytesMax',
      details: { limitName: 'valueBytesMax', limit, actual },
    },
  );
}

/** `limit_exceeded` for nesting; names a value that contains itself as such (`invalid_value`). */
export function valueTooDeep(
  root: unknown,
  path: string,
  limit: number,
  actual: number,
): AdastraError {
  const cycle = findCycle(root);
  if (cycle !== undefined) return invalidValue(cycle, 'contains itself');
  return new AdastraError(
    'limit_exceeded',
    `the value is nested ${actual} deep at ${path}, the limit is ${limit}`,
    {
      details: { limitName: 'depthMax', limit, actual, path },
    },
  );
}

/**
 * The path of the first place where an object stands inside itself; iterative, each object once.
 */
export function findCycle(root: unknown): string | undefined {
  const open = new Set<object>();
  const done = new Set<object>();
  const trail: (string | number)[] = [];
  const frames: Frame[] = [];
  let next: unknown = root;
  for (;;) {
    if (typeof next === 'object' && next !== null && !done.has(next)) {
      if (open.has(next)) return pathOf(trail, frames.length);
      open.add(next);
      frames.push({ object: next, keys: keysOf(next), index: 0 });
    }
    let frame = frames.at(-1);
    while (frame !== undefined && frame.index === frame.keys.length) {
      open.delete(frame.object);
      done.add(frame.object);
      frames.pop();
      frame = frames.at(-1);
    }
    if (frame === undefined) return undefined;
    const key = frame.keys[frame.index++] as string;
    trail[frames.length - 1] = Array.isArray(frame.object) ? Number(key) : key;
    next = Object.getOwnPropertyDescriptor(frame.object, key)?.value;
  }
}

interface Frame {
  readonly object: object;
  readonly keys: readonly string[];
  index: number;
}

function keysOf(object: object): readonly string[] {
  return ArrayBuffer.isView(object) ? [] : Object.keys(object);
}

/** What `value`, which cannot be stored, is: completes "the value at $ …". */
export function unfitReason(value: unknown): string {
  if (value === undefined) return 'is undefined (only a property may be: it is left out)';
  if (typeof value === 'number') return `is ${value}, which has no stored form`;
  if (typeof value === 'string') return 'has a lone surrogate, which has no UTF-8 form';
  if (typeof value === 'object' && value !== null)
    return `is ${describeObject(value)}, not a plain object`;
  return `is a ${typeof value}, which is not data`;
}

function describeObject(value: object): string {
  const maker: unknown = Object.getPrototypeOf(value)?.constructor;
  const name = typeof maker === 'function' ? maker.name : '';
  return name === '' ? 'an object with another prototype' : `an instance of ${name}`;
}
