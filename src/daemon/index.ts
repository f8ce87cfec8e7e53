/**
 * The servers that a process with an open node runs beside it, on the local socket and over TCP,
 * and the node as other processes of this machine see it through the socket.
 */
export { attachTo } from './attach.ts';
export { AttachedNode } from './attached-node.ts';
export { remoteLogAt } from './remote-log-at.ts';
export { DirectoryWatch } from './directory-watch.ts';
export { type NodeFile, readNodeFile } from './node-file.ts';
export type { HttpLimits } from './http-limits.ts';
export { type NodeServer, serveNode, type ServeOptions } from './serve-node.ts';
export type { HttpOptions } from './tcp-server.ts';
export type { ServedNode } from './serving.ts';
export type { TlsFiles } from './tls-files.ts';
