/**
 * The real twin of the ports. Only the client's entry, the command line and tests import it.
 */
export { NodeCrypto } from './node-crypto.ts';
export { nodeEnv } from './node-env.ts';
export { NodeFileSystem } from './node-file-system.ts';
export { NodeTimers } from './node-timers.ts';
