/**
 * The version of the package, for `nodeInfo` and the wire. A constant, so that nothing has to find
 * package.json at run time; a test holds the two equal.
 */
export const VERSION = '0.1.0';
