/**
 * How one route is exercised: a request that succeeds, those that are refused, and what has to be
 * there before. Every route has one in exercises/; a route without fails the run.
 */
import type { ErrorCode } from '../../src/core/index.ts';
import type { NodeApi } from '../../src/engine/index.ts';

/** What is sent beside method and path. */
export interface Ask {
  /** Segments of the path by name, not encoded. */
  readonly params?: Readonly<Record<string, string>>;
  /** As it stands behind the `?`. */
  readonly query?: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** The answer has no end: it is left once it holds this text. */
  readonly until?: string;
  /** Announces a body of so many bytes and sends none of it. */
  readonly announce?: number;
}

/** What a request can be made of that only the running node knows. */
export interface Live {
  readonly head: number;
  /** Names a directory that is not there; another one each time. */
  readonly folder: string;
}

export type Asked = Ask | ((live: Live) => Ask);

export interface Exercise {
  /** Succeeds. */
  readonly good: Asked;
  /** Is answered with a stream, which can be broken off; where left out, `good` is. */
  readonly streamed?: Ask;
  /** What has to be there before; runs on the node before each request. */
  readonly before?: (node: NodeApi) => Promise<unknown>;
  /** Requests by the code that they are refused with. */
  readonly refused?: Readonly<Partial<Record<ErrorCode, Asked>>>;
  /** Codes that take more than one node to come about: every call of the node fails with them. */
  readonly planted?: readonly ErrorCode[];
  /** Others whose answers have to be documented, whatever they are. */
  readonly odd?: readonly Asked[];
}

/** By `GET /v1/count`: method and path as in `ROUTES`. */
export type Exercises = Readonly<Record<string, Exercise>>;
