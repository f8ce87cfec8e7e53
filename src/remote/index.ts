/**
 * A node somewhere else, over a `Connection`: `NodeApi` with the same names, arguments and errors
 * as a node in this process. What runs here runs in browsers too.
 */
export { ConnectedLog } from './connected-log.ts';
export type { Connection, RemoteCall } from './connection.ts';
export { errorOfProblem, mapDetails, type Problem } from './problem.ts';
export { ndjsonRecords } from './record-streams.ts';
export { mapRecord, recordOfJson } from './record-json.ts';
export { type StreamedRecord, streamedRecords } from './record-streams.ts';
export { RemoteNode } from './remote-node.ts';
export { target } from './request-target.ts';
