/**
 * The joining side: opens a stream to the node that an invitation names, proves the own key, shows
 * the secret, and gets told what world it now belongs to. Needs no world, no store, no transport.
 */
import { AdastraError } from '../core/index.ts';
import type { Env, Stream, StreamIdentity } from '../env/index.ts';
import { checkHost, checkPort } from './address.ts';
import { Deadline, type DeadlineOptions } from './deadline.ts';
import type { JoinReply, JoinRequest } from './join-visit.ts';
import { DEFAULT_TRANSPORT_LIMITS, type TransportLimits } from './limits.ts';
import type { WireMessage } from './messages/message-table.ts';
import { PROTOCOL_VERSIONS } from './protocol.ts';
import { dialError, remoteError } from './stream-error.ts';
import { streamLimitsOf } from './stream-limits.ts';
import { Wire } from './wire.ts';
import { WireFault } from './wire-fault.ts';

export interface JoinOptions extends Partial<DeadlineOptions> {
  readonly env: Pick<Env, 'streams' | 'timers' | 'crypto'>;
  readonly identity: StreamIdentity;
  readonly host: string;
  readonly port: number;
  /** The key id that the invitation names: nobody else is shown the secret. */
  readonly expectedKeyId: Uint8Array;
  readonly request: JoinRequest;
  readonly limits?: TransportLimits | undefined;
}

/**
 * Joins through the inviter. Default deadline: `joinMs` of the limits. Throws `AdastraError`:
 * `invalid_host`, `invalid_port`, `peer_unreachable`, `timeout`, `aborted`, `peer_unproven` (not
 * the inviter), `peer_refused`, `version_mismatch`, or the code that the inviter answered.
 */
export async function joinVia(options: JoinOptions): Promise<JoinReply> {
  const { env, identity, host, port, expectedKeyId, limits = DEFAULT_TRANSPORT_LIMITS } = options;
  checkHost(host);
  checkPort(port, 1);
  const { timeoutMs = limits.joinMs, signal } = options;
  const deadline = new Deadline(env.timers, { timeoutMs, signal });
  try {
    const opening = env.streams.connect({
      host,
      port,
      path: '/join',
      identity,
      limits: streamLimitsOf(limits),
      expectedKeyId,
      signal: deadline.signal,
    });
    const stream = await deadline.race(opening, (late) => late.destroy('too late'));
    try {
      return await deadline.race(ask(stream, options, limits), () => {});
    } finally {
      stream.close('done');
    }
  } catch (error) {
    throw deadline.error ?? dialError(error, { host, port });
  } finally {
    deadline.release();
  }
}

function ask(stream: Stream, options: JoinOptions, limits: TransportLimits): Promise<JoinReply> {
  const { env, request } = options;
  const address = { host: options.host, port: options.port };
  return new Promise((resolve, reject) => {
    const wire = new Wire({
      stream,
      limits,
      crc32: (data) => env.crypto.crc32(data),
      admit: ({ kind }) => {
        if (kind === 'joinReply' || kind === 'error') return;
        throw new WireFault('unexpected', `${kind} on a stream for joining`);
      },
      onMessage: (message) => settle(message, address, { resolve, reject }),
      onUnknown: () => {},
      onDrain: () => {},
      onFault: ({ reason, message }) => {
        wire.end(reason);
        reject(remoteError(reason, message, address));
      },
      onClose: (reason) => {
        reject(new AdastraError('peer_unreachable', `the stream ended: ${reason}`));
      },
    });
    wire.start();
    wire.sendNow({ kind: 'join', versions: PROTOCOL_VERSIONS, ...request });
  });
}

interface Settling {
  resolve(reply: JoinReply): void;
  reject(error: AdastraError): void;
}

function settle(
  message: WireMessage,
  address: { readonly host: string; readonly port: number },
  { resolve, reject }: Settling,
): void {
  if (message.kind === 'error') reject(remoteError(message.code, message.message, address));
  if (message.kind !== 'joinReply') return;
  const { kind: _kind, version: _version, ...reply } = message;
  resolve(reply);
}
