/**
 * Broken contracts. A `BrokenInvariant` is a fault of ours, never of a caller or of a disk; it is
 * thrown, never returned, and never caught to go on writing.
 */
export class BrokenInvariant extends Error {
  override readonly name = 'BrokenInvariant';
}

/** States what must hold; `what` cites the invariant (`INV-3: …`) where there is one. */
export function assert(condition: boolean, what: string): asserts condition {
  if (!condition) throw new BrokenInvariant(what);
}
