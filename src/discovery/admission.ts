/**
 * What becomes of one datagram, cheapest question first: format and world, then whether anything in
 * it can be new, then rates, and only then its signature. Pure: time is passed in. Nothing here
 * sends; a probe that deserves a reply is handed back as such.
 *
 * A datagram that fails an early question costs less than a look at a rate, so garbage is not
 * counted against its sender; what claims to be of a member has a rate of its own, so that a flood
 * by strangers does not silence members.
 */
import { equalBytes } from '../core/index.ts';
import type { Crypto, DatagramAddress } from '../env/index.ts';
import { type Datagram, decodeDatagram, fingerprintOf, isSigned, worldHintOf } from './datagram.ts';
import type { DropReason } from './drop-reason.ts';
import { hostAndPort, ipText, isLinkLocalV6, kindOfBytes, kindOfIp } from './ip-address.ts';
import type { DiscoveryLimits } from './limits.ts';
import type { Registry } from './registry.ts';
import { TokenBucket, TokenBuckets } from './token-bucket.ts';

export type Verdict =
  | { readonly kind: 'taken' }
  /** The sender asks for a reply with its nonce; its probe was as large as any reply. */
  | { readonly kind: 'asked'; readonly nonce: Uint8Array }
  /** One of this node's own, come back. */
  | { readonly kind: 'own' }
  | { readonly kind: 'dropped'; readonly reason: DropReason };

export interface AdmissionOptions {
  readonly crypto: Crypto;
  readonly limits: DiscoveryLimits;
  readonly registry: Registry;
  readonly worldId: Uint8Array;
  readonly publicKey: Uint8Array;
  /** Whether discovery speaks on the network that this address is of. */
  isHeard(host: string): boolean;
  /** Whether the address is one of this machine. */
  isHere(host: string): boolean;
  /** Whether this node asked with this nonce, not long ago. */
  isAsked(nonce: Uint8Array, nowMs: number): boolean;
}

export class Admission {
  readonly #options: AdmissionOptions;
  readonly #worldHint: Uint8Array;
  readonly #all: TokenBucket;
  readonly #members: TokenBucket;
  readonly #verifications: TokenBucket;
  readonly #replies: TokenBucket;
  readonly #bySource: TokenBuckets;
  readonly #repliesBySource: TokenBuckets;

  constructor(options: AdmissionOptions) {
    const { limits } = options;
    this.#options = options;
    this.#worldHint = worldHintOf(options.crypto, options.worldId);
    this.#all = new TokenBucket(limits.datagrams);
    this.#members = new TokenBucket(limits.memberDatagrams);
    this.#verifications = new TokenBucket(limits.verifications);
    this.#replies = new TokenBucket(limits.replies);
    this.#bySource = new TokenBuckets(limits.datagramsPerSource, limits.sourcesMax);
    this.#repliesBySource = new TokenBuckets(limits.repliesPerSource, limits.sourcesMax);
  }

  receive(bytes: Uint8Array, from: DatagramAddress, nowMs: number): Verdict {
    const { crypto, publicKey, isHeard } = this.#options;
    if (!isHeard(from.host)) return dropped('off_interface');
    const decoded = decodeDatagram(bytes);
    if (!decoded.ok) return dropped(decoded.error);
    const datagram = decoded.value;
    if (!equalBytes(datagram.worldHint, this.#worldHint)) return dropped('other_world');
    if (equalBytes(datagram.publicKey, publicKey)) return { kind: 'own' };
    const fingerprint = fingerprintOf(crypto, datagram.publicKey);
    const reason =
      this.#rateRefusal(fingerprint, from.host, nowMs) ??
      this.#stateRefusal(datagram, fingerprint, from.host, nowMs) ??
      this.#signatureRefusal(bytes, datagram, fingerprint, nowMs);
    if (reason !== undefined) return dropped(reason);
    return this.#admit({ ...datagram, fingerprint }, from.host, nowMs);
  }

  #rateRefusal(fingerprint: string, source: string, nowMs: number): DropReason | undefined {
    if (this.#options.registry.isKnownMember(fingerprint)) {
      return this.#members.take(nowMs) ? undefined : 'member_limited';
    }
    if (!this.#bySource.take(source, nowMs)) return 'source_limited';
    return this.#all.take(nowMs) ? undefined : 'rate_limited';
  }

  #stateRefusal(
    datagram: Datagram,
    fingerprint: string,
    source: string,
    nowMs: number,
  ): DropReason | undefined {
    const { registry, isAsked } = this.#options;
    if (datagram.kind === 'reply' && !isAsked(datagram.nonce, nowMs)) return 'unsolicited_reply';
    if (datagram.kind === 'goodbye' && !registry.knows(fingerprint, nowMs)) {
      return 'unknown_goodbye';
    }
    return registry.refusalOf({ ...datagram, fingerprint }, source, nowMs);
  }

  #signatureRefusal(
    bytes: Uint8Array,
    { publicKey }: Datagram,
    fingerprint: string,
    nowMs: number,
  ): DropReason | undefined {
    const { crypto, registry } = this.#options;
    // Those of members are bounded already by the rate of members.
    if (!registry.isKnownMember(fingerprint) && !this.#verifications.take(nowMs)) {
      return 'verify_limited';
    }
    return isSigned(bytes, publicKey, crypto) ? undefined : 'bad_signature';
  }

  #admit(
    datagram: Datagram & { readonly fingerprint: string },
    source: string,
    nowMs: number,
  ): Verdict {
    const { registry, isHere } = this.#options;
    if (datagram.kind === 'goodbye') {
      registry.goodbye(datagram, nowMs);
      return { kind: 'taken' };
    }
    const addresses = reachable(datagram, source, isHere(source));
    registry.observe({ ...datagram, addresses, source }, nowMs);
    if (datagram.kind !== 'probe') return { kind: 'taken' };
    const kind = kindOfIp(source);
    if (kind !== 'loopback' && kind !== 'local') return dropped('reply_refused');
    const mayReply = this.#repliesBySource.take(source, nowMs) && this.#replies.take(nowMs);
    if (!mayReply) return dropped('reply_limited');
    return { kind: 'asked', nonce: datagram.nonce };
  }
}

/**
 * What of a node's addresses can mean the node, seen from here: its loopback only on this machine
 * (else a stranger could point us at ourselves), its link only by the interface it was heard on.
 */
function reachable({ addresses, port }: Datagram, source: string, isHere: boolean): string[] {
  if (port === 0) return [];
  const zone = source.includes('%') ? source.slice(source.indexOf('%')) : undefined;
  const hosts: string[] = [];
  for (const address of addresses) {
    if (kindOfBytes(address) === 'loopback' && !isHere) continue;
    if (!isLinkLocalV6(address)) hosts.push(ipText(address));
    else if (zone !== undefined) hosts.push(`${ipText(address)}${zone}`);
  }
  return hosts.map((host) => hostAndPort(host, port));
}

function dropped(reason: DropReason): Verdict {
  return { kind: 'dropped', reason };
}
