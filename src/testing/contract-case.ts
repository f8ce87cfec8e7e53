/**
 * The smallest thing a contract suite needs: named cases that throw on failure, without a test
 * runner, so that whoever writes a twin of a port can run the suite under any.
 */
import { errorCode } from '../env/index.ts';

/** One promise of a contract, tried. */
export interface ContractCase {
  readonly name: string;
  /** Rejects if the promise is broken. */
  run(): Promise<void>;
}

/** Throws unless `condition`; `what` says what should have been. */
export function check(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(`contract broken: ${what}`);
}

/** Throws unless both read the same as JSON, arrays of bytes included. */
export function checkEqual(actual: unknown, expected: unknown, what: string): void {
  const [is, should] = [plain(actual), plain(expected)];
  check(is === should, `${what}: is ${is}, should be ${should}`);
}

/** Throws unless `fn` throws an error with this code. */
export function checkThrows(code: string, fn: () => unknown): void {
  try {
    fn();
  } catch (error) {
    checkEqual(errorCode(error), code, `code of ${String(error)}`);
    return;
  }
  check(false, `should have thrown ${code}`);
}

/** The error that `promise` rejects with; throws if it does not reject with this code. */
export async function checkRejects(code: string, promise: Promise<unknown>): Promise<object> {
  try {
    await promise;
  } catch (error) {
    checkEqual(errorCode(error), code, `code of ${String(error)}`);
    return error as object;
  }
  throw new Error(`contract broken: should have rejected with ${code}`);
}

function plain(value: unknown): string {
  return JSON.stringify(value instanceof Uint8Array ? [...value] : value) ?? 'undefined';
}
