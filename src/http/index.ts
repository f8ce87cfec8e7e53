/**
 * `adastra-db/http`: a node over HTTP, by `fetch` alone.
 */
export { AdastraError, type ErrorCode, jsonOf, type Value, valueOfJson } from '../core/index.ts';
export type { AnswerFreshness } from './answer-freshness.ts';
export { type Change, type CommitsOptions, HttpClient } from './http-client.ts';
export { httpConnection } from './http-connection.ts';
export type { CallOptions, HttpClientOptions } from './options.ts';
export type { Page, PageOptions } from './pages.ts';
export type { Fetch, FetchAnswer, FetchInit } from './platform.ts';
