/**
 * All messages of the protocol, by kind and by number. Numbers are never used twice; those of
 * messages that ended stay taken. What is encoded here is frozen per protocol version by
 * `encodings.test.ts`.
 */
import { assert, ByteReader, type PeerMessage } from '../../core/index.ts';
import { ackFormat } from './ack.ts';
import { bucketsFormat } from './buckets.ts';
import { bundlesFormat } from './bundles.ts';
import { type ErrorMessage, errorFormat } from './error.ts';
import { type GoodbyeMessage, goodbyeFormat } from './goodbye.ts';
import { type HelloMessage, helloFormat } from './hello.ts';
import { type JoinMessage, joinFormat } from './join.ts';
import { type JoinReplyMessage, joinReplyFormat } from './join-reply.ts';
import type { EncodedBody, MessageFormat } from './message-format.ts';
import { openFormat } from './open.ts';
import { type PingMessage, pingFormat } from './ping.ts';
import { type PongMessage, pongFormat } from './pong.ts';
import { snapshotChunkFormat } from './snapshot-chunk.ts';
import { snapshotOfferFormat } from './snapshot-offer.ts';
import { snapshotRequestFormat } from './snapshot-request.ts';
import { statementsFormat } from './statements.ts';
import { type WelcomeMessage, welcomeFormat } from './welcome.ts';

/** About the stream itself; never seen above `transport`. */
export type LinkMessage =
  | HelloMessage
  | WelcomeMessage
  | PingMessage
  | PongMessage
  | GoodbyeMessage
  | ErrorMessage
  | JoinMessage;

/** Whatever can stand on the wire. */
export type WireMessage = LinkMessage | JoinReplyMessage | PeerMessage;

type FormatsByKind = {
  readonly [K in WireMessage['kind']]: MessageFormat<Extract<WireMessage, { kind: K }>>;
};

const FORMATS: FormatsByKind = {
  hello: helloFormat,
  welcome: welcomeFormat,
  ping: pingFormat,
  pong: pongFormat,
  goodbye: goodbyeFormat,
  error: errorFormat,
  join: joinFormat,
  joinReply: joinReplyFormat,
  open: openFormat,
  bundles: bundlesFormat,
  ack: ackFormat,
  statements: statementsFormat,
  buckets: bucketsFormat,
  snapshotRequest: snapshotRequestFormat,
  snapshotOffer: snapshotOfferFormat,
  snapshotChunk: snapshotChunkFormat,
};

/** What is known of a type, whatever its message. */
export type AnyFormat = MessageFormat<WireMessage>;

/** All of them, by number. */
export const MESSAGE_FORMATS: readonly AnyFormat[] = (
  Object.values(FORMATS) as unknown as AnyFormat[]
).toSorted((left, right) => left.type - right.type);

const BY_TYPE = new Map(MESSAGE_FORMATS.map((format) => [format.type, format]));
assert(BY_TYPE.size === MESSAGE_FORMATS.length, 'each message type has a number of its own');

/** `undefined` for a type that this version does not know. */
export function formatOfType(type: number): AnyFormat | undefined {
  return BY_TYPE.get(type);
}

export function formatOfKind(kind: WireMessage['kind']): AnyFormat {
  return FORMATS[kind];
}

/** The body of a message; what frames are made of. */
export function encodeBody(message: WireMessage): EncodedBody {
  return formatOfKind(message.kind).encode(message);
}

/** Reads a whole body. Throws `MalformedBytes`. */
export function decodeBody(format: AnyFormat, body: Uint8Array): WireMessage {
  const reader = new ByteReader(body);
  const message = format.decode(reader);
  reader.finish();
  return message;
}
