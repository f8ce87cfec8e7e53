/**
 * A case of the network contracts, and the two machines that it runs on: what the case files of
 * streams and datagrams share.
 */
import type { Env } from '../env/index.ts';
import type { ContractCase } from './contract-case.ts';

/** Two machines that reach each other; both may be one. */
export interface NetworkUnderTest {
  readonly here: Env;
  readonly there: Env;
  /** The address of `there`, for listening and for being reached. */
  readonly thereHost: string;
  /** Lets things happen until `isTrue`, for so long at most; whether it came true. */
  until(isTrue: () => boolean, maxMs: number): Promise<boolean>;
  cleanup(): Promise<void>;
}

/** A case before it is bound to a network. */
export interface NetworkCase {
  readonly name: string;
  run(network: NetworkUnderTest): Promise<void>;
}

/** The cases on networks that `make` makes, one each. */
export function bindCases(
  cases: readonly NetworkCase[],
  make: () => Promise<NetworkUnderTest>,
): ContractCase[] {
  return cases.map(({ name, run }) => ({ name, run: () => runOn(make, run) }));
}

/** What the promise gives, once the network has brought it about; throws after 10 s. */
export async function settled<T>(network: NetworkUnderTest, promise: Promise<T>): Promise<T> {
  let isSettled = false;
  const watch = async (): Promise<void> => {
    await promise.catch(() => undefined);
    isSettled = true;
  };
  void watch();
  await happens(network, () => isSettled, 'a promise should have settled');
  return promise;
}

/** Throws unless `isTrue` comes true within 10 s. */
export async function happens(
  network: NetworkUnderTest,
  isTrue: () => boolean,
  what: string,
): Promise<void> {
  if (!(await network.until(isTrue, HAPPENS_MS))) throw new Error(`contract broken: ${what}`);
}

/** Lets so much time pass. */
export async function passes(network: NetworkUnderTest, ms: number): Promise<void> {
  await network.until(() => false, ms);
}

const HAPPENS_MS = 10_000;

async function runOn(
  make: () => Promise<NetworkUnderTest>,
  run: NetworkCase['run'],
): Promise<void> {
  const network = await make();
  try {
    await run(network);
  } finally {
    await network.cleanup();
  }
}
