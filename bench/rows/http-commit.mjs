// Commits of one put over HTTP: 64 clients that keep their connections, each waits for its answer.

import { floorStub, httpSqlite, oursServe } from '../lib/contenders.mjs';
import { commitRate } from '../lib/measure-http.mjs';

export default {
  name: 'http-commit',
  question: 'commits of one put per second over HTTP by 64 clients, durable',
  unit: 'commit/s',
  better: 'higher',
  sizes: { full: { n: 50_000 }, quick: { n: 10_000 } },
  contenders: [oursServe(), floorStub(), httpSqlite()],
  bars: [
    { against: 'floor', atLeast: 0.7 },
    { against: 'http-sqlite', atLeast: 2 },
  ],
  measure: commitRate,
};
