/**
 * The face of transport: links with other nodes, the dialler that keeps them, and joining a world.
 * It carries `PeerMessage` values of core and knows nothing of what they mean.
 */
export type { DialTarget } from './dialer.ts';
export {
  /** @public */
  addressText,
  /** @public */
  parseAddress,
} from './address.ts';
export type { JoinPeer, JoinReply, JoinRequest } from './join-visit.ts';
export { joinVia, type JoinOptions } from './join-via.ts';
export type { Link, LinkEnd } from './link.ts';
export {
  DEFAULT_TRANSPORT_LIMITS,
  type TransportLimits,
  validateTransportLimits,
} from './limits.ts';
export type { DialAddress } from './messages/metadata.ts';
export { Transport, type TransportState } from './transport.ts';
export type { ProvedPeer, TransportHandlers, TransportOptions } from './transport-options.ts';
