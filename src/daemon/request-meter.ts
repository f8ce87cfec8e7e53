/**
 * How requests went: counts by route and status, how long they took, what was refused and why. One
 * meter for all servers of a process. Its labels are the routes' own paths, statuses and codes,
 * never what a caller sent, so their number is bounded whatever comes.
 */
import { Histogram, type HistogramReading } from '../core/index.ts';

/** Seconds; from a read of memory on the same machine to a commit on a slow disk. */
const DURATION_BOUNDS: readonly number[] = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10,
];
/** Stands for the client's own end of a request that it did not wait for. */
const LEFT_STATUS = 499;

/** What names a route here. */
export interface MeteredRoute {
  readonly method: string;
  readonly path: string;
  readonly answers: readonly { readonly type: string }[];
}

/** Of one route; `path` is `none` for what no route answers. */
export interface RouteReading {
  readonly method: string;
  readonly path: string;
  readonly statuses: ReadonlyMap<number, number>;
  /** Seconds from the request's head to the last byte of its answer; `undefined` for streams. */
  readonly seconds: HistogramReading | undefined;
}

/** What one server has in hand now. */
export interface ServerGauges {
  readonly connections: number;
  readonly requests: number;
  readonly streams: number;
  readonly bodyBytes: number;
}

/** One server of this process; `name` is `socket` or `http`. */
export interface MeteredServer {
  readonly name: string;
  readonly read: () => ServerGauges;
}

interface RouteCounts {
  readonly statuses: Map<number, number>;
  readonly seconds: Histogram | undefined;
}

export class RequestMeter {
  readonly #routes = new Map<MeteredRoute | undefined, RouteCounts>();
  readonly #refused = new Map<string, number>();
  readonly #servers = new Set<MeteredServer>();
  #total = 0;
  #refusedTotal = 0;

  /** Requests that have ended. */
  get total(): number {
    return this.#total;
  }

  /** Those of them, and connections, that were refused. */
  get refusedTotal(): number {
    return this.#refusedTotal;
  }

  /** Counts one that has ended; `status` is `undefined` where the client left before it had one. */
  ended(route: MeteredRoute | undefined, status: number | undefined, ms: number): void {
    this.#total += 1;
    const { statuses, seconds } = this.#countsOf(route);
    const told = status ?? LEFT_STATUS;
    statuses.set(told, (statuses.get(told) ?? 0) + 1);
    seconds?.note(ms / 1000);
  }

  /** Counts one that was refused; `reason` is a code or another word of a closed set. */
  refuse(reason: string): void {
    this.#refusedTotal += 1;
    this.#refused.set(reason, (this.#refused.get(reason) ?? 0) + 1);
  }

  /** The server is up; the returned function says that it is not any more. */
  serve(server: MeteredServer): () => void {
    this.#servers.add(server);
    return () => this.#servers.delete(server);
  }

  servers(): MeteredServer[] {
    return [...this.#servers];
  }

  /** Counts by reason. */
  refusals(): ReadonlyMap<string, number> {
    return this.#refused;
  }

  routes(): RouteReading[] {
    return [...this.#routes].map(([route, { statuses, seconds }]) => ({
      method: route?.method ?? 'any',
      path: route?.path ?? 'none',
      statuses,
      seconds: seconds?.read(),
    }));
  }

  #countsOf(route: MeteredRoute | undefined): RouteCounts {
    const found = this.#routes.get(route);
    if (found !== undefined) return found;
    const isStream = route?.answers[0]?.type === 'events';
    const seconds = isStream ? undefined : new Histogram(DURATION_BOUNDS);
    const counts = { statuses: new Map<number, number>(), seconds };
    this.#routes.set(route, counts);
    return counts;
  }
}
