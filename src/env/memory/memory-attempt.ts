/**
 * One attempt to connect in the memory network, both sides of it: knock, the server's key, the
 * client's key and path, the answer. Whatever goes wrong ends it once on each side, with the codes
 * and reasons of the Node twin; what the other side never hears of is left to its deadline.
 */
import { equalBytes } from '../../core/index.ts';
import type { Timer } from '../env.ts';
import {
  type ConnectOptions,
  STREAM_REFUSALS,
  type Stream,
  type StreamAddress,
  StreamError,
  type StreamIdentity,
} from '../streams.ts';
import type { LanHost, MemoryLan } from './memory-lan.ts';
import type { MemoryListener, Slot, Switchboard } from './memory-listener.ts';
import { MemoryPipe } from './memory-pipe.ts';
import { MemoryStream } from './memory-stream.ts';

const KEY_ID_BYTES = 16;
const PATHS: readonly string[] = ['/peer', '/join'];

/** Between whom, over what. */
export interface AttemptParts {
  readonly lan: MemoryLan;
  readonly switchboard: Switchboard;
  readonly host: LanHost;
  readonly to: LanHost;
  readonly from: StreamAddress;
  /** Both ends of a stream that came to be. */
  readonly onStreams: (ends: readonly (readonly [LanHost, MemoryStream])[]) => void;
}

interface Outcome {
  resolve(stream: Stream): void;
  reject(error: Error): void;
}

/** From `connect` to the stream or the error. */
export class MemoryAttempt {
  readonly #parts: AttemptParts;
  readonly #options: ConnectOptions;
  readonly #outcome: Outcome;
  readonly #out: MemoryPipe;
  readonly #back: MemoryPipe;
  readonly #deadline: Timer;
  #stream: MemoryStream | undefined;
  #slot: Slot | undefined;
  #isSettled = false;
  #endsOver = 0;

  constructor(parts: AttemptParts, options: ConnectOptions, outcome: Outcome) {
    this.#parts = parts;
    this.#options = options;
    this.#outcome = outcome;
    const { lan, host, to } = parts;
    this.#out = new MemoryPipe(lan, host, to, () => this.#onResetHere());
    this.#back = new MemoryPipe(lan, to, host, () => this.#onResetThere());
    const giveUp = (): void => this.#giveUp('ETIMEDOUT', 'no answer in time');
    this.#deadline = host.timers.after(options.limits.handshakeMs, giveUp);
    options.signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  start(): void {
    this.#out.send(0, () => this.#knock());
  }

  #knock(): void {
    const { switchboard, to, from } = this.#parts;
    const listener = switchboard.find(to, this.#options.port);
    if (listener === undefined || !listener.hears(from)) {
      this.#answer('ECONNREFUSED', 'nobody listens');
      return;
    }
    const slot = listener.enter(from, () => this.#answer('ECLOSED', 'the other side ended it'));
    this.#slot = slot;
    if (slot === undefined) this.#answer('ECLOSED', 'the other side ended it');
    else this.#back.send(0, () => this.#checkServer(listener, slot));
  }

  #checkServer(listener: MemoryListener, slot: Slot): void {
    if (this.#isSettled) return;
    const { host, to } = this.#parts;
    const { identity } = listener.options;
    const wanted = this.#options.expectedKeyId;
    const keyId = host.crypto.sha256(identity.publicKey).subarray(0, KEY_ID_BYTES);
    if (!provesKey(to, identity)) this.#giveUp('EPEERKEY', 'the key there is not proved');
    else if (wanted !== undefined && !equalBytes(wanted, keyId)) {
      this.#giveUp('EPEERKEY', 'another key');
    } else this.#out.send(0, () => this.#checkClient(listener, slot));
  }

  #checkClient(listener: MemoryListener, slot: Slot): void {
    if (slot.isOver) return;
    const refusal = this.#judge(listener);
    if (refusal !== undefined) {
      slot.refuse(refusal);
      this.#answer('EREFUSED', refusal, refusal);
      return;
    }
    const [client, server] = this.#makeEnds(listener, slot);
    this.#back.send(0, () => this.#succeed(client));
    listener.options.onStream(server);
  }

  #judge({ options }: MemoryListener): string | undefined {
    const { host, from } = this.#parts;
    const { path, identity } = this.#options;
    if (!PATHS.includes(path)) return STREAM_REFUSALS.unknownPath;
    if (!provesKey(host, identity)) return STREAM_REFUSALS.badCertificate;
    return options.accept({ remoteKey: identity.publicKey.slice(), remoteAddress: from, path });
  }

  #makeEnds(listener: MemoryListener, slot: Slot): [client: MemoryStream, server: MemoryStream] {
    const { host, to, from } = this.#parts;
    const { path, identity, limits } = this.#options;
    const { options } = listener;
    slot.open();
    const client = new MemoryStream({
      host,
      pipe: this.#out,
      peer: {
        remoteKey: options.identity.publicKey.slice(),
        remoteAddress: { host: this.#options.host, port: this.#options.port },
        path,
      },
      outbound: true,
      messageBytesMax: limits.messageBytesMax,
      onEnd: () => this.#endOver(),
    });
    const server = new MemoryStream({
      host: to,
      pipe: this.#back,
      peer: { remoteKey: identity.publicKey.slice(), remoteAddress: from, path },
      outbound: false,
      messageBytesMax: options.limits.messageBytesMax,
      onEnd: () => {
        slot.leave();
        this.#endOver();
      },
    });
    client.other = server;
    server.other = client;
    this.#stream = client;
    this.#parts.onStreams([
      [host, client],
      [to, server],
    ]);
    return [client, server];
  }

  /** The last of two ends takes the pipes with it. */
  #endOver(): void {
    this.#endsOver += 1;
    if (this.#endsOver === 2) this.#closePipes();
  }

  #closePipes(): void {
    this.#out.close();
    this.#back.close();
  }

  #succeed(stream: MemoryStream): void {
    if (this.#isSettled) stream.destroy('given up');
    else {
      this.#settle();
      this.#outcome.resolve(stream);
    }
  }

  /** The server's side ends it. */
  #answer(code: string, message: string, reason?: string): void {
    this.#back.send(0, () => {
      this.#fail(code, message, reason);
      this.#closePipes();
    });
  }

  /** The client's side ends it, and the server hears of that. */
  #giveUp(code: string, message: string): void {
    if (this.#isSettled) return;
    this.#fail(code, message);
    this.#out.send(0, () => {
      this.#slot?.refuse(STREAM_REFUSALS.left);
      if (this.#stream === undefined) this.#closePipes();
    });
  }

  #fail(code: string, message: string, reason?: string): void {
    if (this.#isSettled) return;
    this.#settle();
    const { host, port } = this.#options;
    this.#outcome.reject(new StreamError(code, `${host}:${port}: ${message}`, reason));
  }

  #settle(): void {
    this.#isSettled = true;
    this.#deadline.cancel();
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
  }

  readonly #onAbort = (): void => this.#giveUp('ECLOSED', 'aborted');

  #onResetHere(): void {
    this.#fail('ECLOSED', 'the other side ended it');
    if (this.#stream === undefined) this.#closePipes();
    else this.#stream.lose();
  }

  #onResetThere(): void {
    this.#slot?.refuse(STREAM_REFUSALS.left);
    this.#stream?.other?.lose();
  }
}

/** Whether the host has the private seed of the key that it shows. */
function provesKey(host: LanHost, identity: StreamIdentity): boolean {
  return equalBytes(host.crypto.ed25519PublicKey(identity.privateSeed), identity.publicKey);
}
