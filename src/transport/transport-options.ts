/**
 * What a transport is made of and whom it tells: the seam between links and those above them. The
 * handlers are called from the streams' callbacks; what they throw is theirs and is not caught.
 */
import type { NodeMetadata, PeerMessage } from '../core/index.ts';
import type { Env, StreamAddress, StreamIdentity } from '../env/index.ts';
import type { JoinHandler } from './join-visit.ts';
import type { TransportLimits } from './limits.ts';
import type { Link, LinkEnd } from './link.ts';

/** One whose key is proved. */
export interface ProvedPeer {
  readonly publicKey: Uint8Array;
  readonly fingerprint: string;
}

export interface TransportHandlers {
  /** Asked before a link is made; a text refuses. `in`: the other one dialled. */
  judge(peer: ProvedPeer, direction: 'in' | 'out'): string | undefined;
  /** A node is linked now; never while another link with it is up. */
  onLink(link: Link): void;
  onMessage(link: Link, message: PeerMessage): void;
  /** A link that was congested can take more. */
  onDrain(link: Link): void;
  /** Exactly once for each `onLink`. */
  onLinkDown(link: Link, end: LinkEnd): void;
  /** Somebody was turned away. */
  onRefused(reason: string, address: StreamAddress): void;
  /** Two live processes use the key of this fingerprint, perhaps our own. */
  onDuplicate(fingerprint: string): void;
  /** Without it nobody can join here. */
  readonly onJoin?: JoinHandler | undefined;
}

export interface TransportOptions {
  readonly env: Pick<Env, 'streams' | 'clock' | 'timers' | 'random' | 'crypto'>;
  readonly identity: StreamIdentity & { readonly fingerprint: string };
  /** 32 hex characters. */
  readonly worldId: string;
  /** Asked at each hello. */
  metadata(): NodeMetadata;
  /** Validated ones. */
  readonly limits: TransportLimits;
  readonly handlers: TransportHandlers;
}
