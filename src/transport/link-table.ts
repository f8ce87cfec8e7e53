/**
 * At most one link per node. Of two sessions between the same two processes that were dialled from
 * different sides, the one dialled by the smaller fingerprint stays, on both sides alike. Of two
 * from the same side the dialler keeps the older one, the other waits for that as a spare. An older
 * one is asked for a sign of life first: if it is silent it makes room; if it answers and belongs
 * to another process, somebody has copied the key.
 */
import type { Session } from './session.ts';
import { WireFault } from './wire-fault.ts';

interface Place {
  current: Session;
  /** Established and held back, until the older one has gone or proved alive. */
  spare: Session | undefined;
}

export interface LinkTableParts {
  readonly self: string;
  readonly linksMax: number;
  /** It is the link with its node now. */
  onUp(session: Session): void;
}

export class LinkTable {
  readonly #parts: LinkTableParts;
  readonly #places = new Map<string, Place>();

  constructor(parts: LinkTableParts) {
    this.#parts = parts;
  }

  get size(): number {
    return this.#places.size;
  }

  get(fingerprint: string): Session | undefined {
    return this.#places.get(fingerprint)?.current;
  }

  *[Symbol.iterator](): Iterator<Session> {
    for (const { current } of this.#places.values()) yield current;
  }

  /** A session that is established: released, held back, or ended. */
  add(session: Session): void {
    const place = this.#places.get(session.fingerprint);
    if (place === undefined) {
      if (this.#places.size >= this.#parts.linksMax) {
        session.refuse(new WireFault('too_many_links', `${this.#parts.linksMax} links are up`));
        return;
      }
      this.#places.set(session.fingerprint, { current: session, spare: undefined });
      this.#parts.onUp(session);
    } else if (isCrossed(place.current, session)) {
      this.#settle(place, session);
    } else {
      this.#hold(place, session);
    }
  }

  /**
   * A session has ended. If it was the link with its node, `onDown` is told, and then the one that
   * waited for its place has it.
   */
  remove(session: Session, onDown: () => void): void {
    const place = this.#places.get(session.fingerprint);
    if (place === undefined) return;
    const { current, spare } = place;
    if (spare === session) place.spare = undefined;
    if (current !== session) return;
    this.#places.delete(session.fingerprint);
    onDown();
    if (spare !== undefined && spare.end === undefined) this.add(spare);
  }

  /** Same two processes, dialled from both sides: both sides choose alike. */
  #settle(place: Place, session: Session): void {
    const preferred = this.#parts.self < session.fingerprint ? 'out' : 'in';
    if (session.direction !== preferred) {
      session.close('duplicate');
      return;
    }
    // The older one ends first, so that there is never more than one.
    place.spare?.close('duplicate');
    place.spare = session;
    place.current.close('duplicate');
  }

  /** The older one may be dead without knowing. */
  #hold(place: Place, session: Session): void {
    if (place.spare !== undefined) {
      session.close('duplicate');
      return;
    }
    place.spare = session;
    const { current } = place;
    current.probe((isAlive) => {
      if (place.spare !== session) return;
      if (isAlive) this.#keepOlder(place, session);
      else current.refuse(new WireFault('idle', 'gave no sign of life when another link came'));
    });
  }

  #keepOlder(place: Place, session: Session): void {
    if (place.current.sessionId !== session.sessionId) {
      place.spare = undefined;
      session.refuse(new WireFault('duplicate_identity', 'two processes use one key'));
    } else if (session.direction === 'out') {
      place.spare = undefined;
      session.close('duplicate');
    }
    // Else the other side has dialled both and closes one of them.
  }
}

function isCrossed(older: Session, newer: Session): boolean {
  return older.sessionId === newer.sessionId && older.direction !== newer.direction;
}
