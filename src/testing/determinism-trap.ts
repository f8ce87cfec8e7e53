/**
 * Finds out whether code asks for the time or for randomness: while it runs, the ways to both are
 * replaced by ones that note the call and throw. Code that makes a date of a number that it was
 * given is left alone. Everything is put back afterwards, whatever happens.
 */

/** Functions by the object that has them. */
const FUNCTIONS: readonly (readonly [string, readonly string[]])[] = [
  ['Math', ['random']],
  ['performance', ['now']],
  ['crypto', ['getRandomValues', 'randomUUID']],
  ['process', ['hrtime', 'uptime']],
];
const CLOCK = 'Date';

/** What of time and randomness `fn` used; what it returns or throws is dropped. */
export function trapped(fn: () => unknown): string[] {
  const used = new Set<string>();
  const undo: (() => void)[] = [];
  try {
    for (const [owner, names] of FUNCTIONS) {
      const target: unknown = Reflect.get(globalThis, owner);
      if (typeof target !== 'object' || target === null) continue;
      for (const name of names) undo.push(replace(target, name, trapOf(`${owner}.${name}`, used)));
    }
    undo.push(replace(globalThis, CLOCK, clockTrap(used)));
    fn();
  } catch {
    // A trap throws; whether the code does so by itself is another case.
  } finally {
    for (const back of undo.reverse()) back();
  }
  return [...used].sort();
}

function trapOf(name: string, used: Set<string>): () => never {
  return () => {
    used.add(name);
    throw new Error(`${name} was called`);
  };
}

function replace(target: object, name: string, value: unknown): () => void {
  const before = Object.getOwnPropertyDescriptor(target, name);
  Object.defineProperty(target, name, { value, configurable: true, writable: true });
  return () => {
    if (before === undefined) Reflect.deleteProperty(target, name);
    else Object.defineProperty(target, name, before);
  };
}

function clockTrap(used: Set<string>): object {
  const trap = trapOf(CLOCK, used);
  return new Proxy(globalThis[CLOCK], {
    apply: trap,
    construct: (target, args: unknown[]) =>
      args.length === 0 ? trap() : (Reflect.construct(target, args) as object),
    get: (target, name, receiver) =>
      name === 'now' ? trap : (Reflect.get(target, name, receiver) as unknown),
  });
}
