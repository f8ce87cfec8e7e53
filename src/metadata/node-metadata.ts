/**
 * What a node says of itself, for people and for choosing a link: names, machine, version,
 * capabilities, since when it runs. Diagnostic only: nothing of it is state, and nothing is decided
 * by it.
 *
 * `snapshot` costs nothing and never looks outside; `refresh` reads hostname, platform and
 * capabilities anew. Uptime is counted on the monotonic clock, so that setting the wall clock does
 * not change it.
 */
import type { NodeMetadata } from '../core/index.ts';
import type { Host } from '../env/index.ts';

/** Both clocks at one moment, milliseconds. */
export interface Moment {
  readonly wall: number;
  readonly mono: number;
}

export interface MetadataParts {
  readonly nodeId: string;
  readonly fingerprint: string;
  /** Default: the nodeId. */
  readonly displayName?: string | undefined;
  readonly version: string;
  readonly started: Moment;
  /** Asked at each refresh. */
  capabilities(): readonly string[];
  /** Asked at each refresh. */
  host(): Pick<Host, 'hostname' | 'platform'>;
}

/** What is shown of this node. */
export interface LocalMetadata extends NodeMetadata {
  readonly fingerprint: string;
}

/** The description of the node that runs here. */
export class NodeDescription {
  readonly #parts: MetadataParts;
  #facts: Omit<LocalMetadata, 'uptimeMs'>;

  constructor(parts: MetadataParts) {
    this.#parts = parts;
    this.#facts = factsOf(parts);
  }

  /** As of the last refresh; the uptime as of now. */
  snapshot(now: Pick<Moment, 'mono'>): LocalMetadata {
    const uptimeMs = Math.max(0, Math.round(now.mono - this.#parts.started.mono));
    return { ...this.#facts, uptimeMs };
  }

  /** Looks at the machine again. */
  refresh(now: Pick<Moment, 'mono'>): LocalMetadata {
    this.#facts = factsOf(this.#parts);
    return this.snapshot(now);
  }
}

function factsOf(parts: MetadataParts): Omit<LocalMetadata, 'uptimeMs'> {
  const { hostname, platform } = parts.host();
  return {
    nodeId: parts.nodeId,
    displayName: parts.displayName ?? parts.nodeId,
    fingerprint: parts.fingerprint,
    hostname,
    platform,
    version: parts.version,
    capabilities: [...parts.capabilities()],
    startedAtMs: Math.max(0, Math.round(parts.started.wall)),
  };
}
