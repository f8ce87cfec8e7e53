/**
 * The face of discovery: one class with a life. It finds nodes of this world on the local network
 * and hints at their addresses; connecting is somebody else's decision.
 */
export { Discovery } from './discovery.ts';
export type { DiscoveryLogger, DiscoveryParts, DiscoveryStatus } from './discovery.ts';
export type { DiscoveryLimits } from './limits.ts';
export type { DiscoveryOptions } from './plan.ts';
export type { DiscoveredNode } from './registry.ts';
export type { DiscoveryIdentity } from './voice.ts';
