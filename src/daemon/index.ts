/**
 * The local socket of a running node, both ends of it: the server that a process with an open node
 * runs beside it, and the node as other processes see it through the socket.
 */
export { attachTo } from './attach.ts';
export { AttachedNode } from './attached-node.ts';
export { DirectoryWatch } from './directory-watch.ts';
export { type NodeFile, readNodeFile } from './node-file.ts';
export { openSocketServer, type SocketServer, type SocketServerOptions } from './socket-server.ts';
