/**
 * What members said of themselves when they were last linked, made fit to be shown: bounded, and
 * without anything that a terminal would obey. Kept while this node is open.
 */
import { MalformedBytes, type NodeMetadata } from '../../core/index.ts';
import { checkMetadata } from '../../metadata/index.ts';

export class KnownMetadata {
  readonly #known = new Map<string, NodeMetadata>();

  /** `false` for what is no metadata: such a link is not kept. */
  take(fingerprint: string, said: NodeMetadata): boolean {
    try {
      this.#known.set(fingerprint, checkMetadata(said));
      return true;
    } catch (error) {
      if (error instanceof MalformedBytes) return false;
      throw error;
    }
  }

  of(fingerprint: string): NodeMetadata | undefined {
    return this.#known.get(fingerprint);
  }

  /** Its nodeId, or the beginning of its fingerprint. */
  nameOf(fingerprint: string): string {
    return this.#known.get(fingerprint)?.nodeId ?? fingerprint.slice(0, 8);
  }
}
