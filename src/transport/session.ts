/**
 * One `/peer` stream from its first byte to its last: both sides say hello and answer with welcome
 * (a deadline holds until then), then messages about the world go up and down while pings tell that
 * the other side lives. Whoever breaks a rule is told why and cut off. Which of several sessions
 * with one node becomes its link is not decided here: a new one is held back until `release`.
 */
import { assert, type NodeMetadata, type PeerMessage } from '../core/index.ts';
import type { Env, Stream, StreamAddress, Timer } from '../env/index.ts';
import { ControlRate } from './control-rate.ts';
import { versionFor } from './greeting.ts';
import type { TransportLimits } from './limits.ts';
import type { Link, LinkEnd } from './link.ts';
import type { HelloMessage } from './messages/hello.ts';
import type { AnyFormat, WireMessage } from './messages/message-table.ts';
import type { DialAddress } from './messages/metadata.ts';
import { Pulse, type PulseTime } from './pulse.ts';
import { Wire } from './wire.ts';
import { WireFault } from './wire-fault.ts';

/** Messages that may come before a session is released. */
const EARLY_MAX = 64;

export interface SessionParts {
  readonly stream: Stream;
  readonly env: Pick<Env, 'clock' | 'timers' | 'crypto'>;
  readonly limits: TransportLimits;
  /** What this side says first. */
  readonly hello: HelloMessage;
  /** Fingerprint of the key that the stream has proved. */
  readonly fingerprint: string;
  /** Both sides have found each other good. */
  onEstablished(session: Session): void;
  onMessage(session: Session, message: PeerMessage): void;
  onDrain(session: Session): void;
  /** Exactly once, and last. */
  onEnd(session: Session, end: LinkEnd): void;
}

/** A `Link` and what `transport` needs of it. */
export class Session implements Link {
  readonly #parts: SessionParts;
  readonly #wire: Wire;
  readonly #pulse: Pulse;
  readonly #rate: ControlRate;
  #timer: Timer;
  #hello: HelloMessage | undefined;
  #version = 0;
  #isWelcome = false;
  #upSinceMs: number | undefined;
  #end: LinkEnd | undefined;
  /** What came before `release`; `undefined` once released. */
  #early: PeerMessage[] | undefined = [];
  #isPaused = false;
  #probes: { readonly timer: Timer; done(isAlive: boolean): void }[] = [];
  #unknownMessages = 0;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    const { limits, stream, env } = parts;
    this.#pulse = new Pulse(limits.unansweredPingsMax);
    this.#rate = new ControlRate(limits.controlPerSecondMax, limits.controlBurstMax);
    this.#wire = new Wire({
      stream,
      limits,
      crc32: (data) => env.crypto.crc32(data),
      admit: (format) => this.#admit(format),
      onMessage: (message) => this.#take(message),
      onUnknown: () => this.#skipped(),
      onDrain: () => this.#drained(),
      onFault: (fault) => this.#fail(fault),
      onClose: (reason) => this.#finish({ reason: 'closed', message: reason, by: 'stream' }),
    });
    this.#timer = env.timers.after(limits.handshakeMs, () => {
      this.#fail(new WireFault('handshake_timeout', `no link after ${limits.handshakeMs} ms`));
    });
  }

  /** Says hello and begins to read. */
  start(): void {
    this.#wire.sendNow(this.#parts.hello);
    this.#wire.start();
  }

  get fingerprint(): string {
    return this.#parts.fingerprint;
  }

  get publicKey(): Uint8Array {
    return this.#parts.stream.remoteKey;
  }

  get direction(): 'in' | 'out' {
    return this.#parts.stream.outbound ? 'out' : 'in';
  }

  get address(): StreamAddress {
    return this.#parts.stream.remoteAddress;
  }

  get listening(): DialAddress | undefined {
    return this.#hello?.listening;
  }

  get metadata(): NodeMetadata {
    return this.#established().metadata;
  }

  get sessionId(): string {
    return this.#established().sessionId;
  }

  get version(): number {
    return this.#version;
  }

  get upSinceMs(): number {
    return this.#upSinceMs ?? 0;
  }

  get bufferedBytes(): number {
    return this.#wire.bufferedBytes;
  }

  get congested(): boolean {
    return this.#wire.congested;
  }

  get bytesIn(): number {
    return this.#parts.stream.bytesIn;
  }

  get bytesOut(): number {
    return this.#parts.stream.bytesOut;
  }

  get roundTripMs(): number | undefined {
    return this.#pulse.roundTripMs;
  }

  get clockOffsetMs(): number | undefined {
    return this.#pulse.clockOffsetMs;
  }

  get unknownMessages(): number {
    return this.#unknownMessages;
  }

  /** How it ended; `undefined` while it lives. */
  get end(): LinkEnd | undefined {
    return this.#end;
  }

  /** Whoever is told of a link may use it at once, while what came early still waits. */
  send(message: PeerMessage): void {
    if (this.#hello !== undefined && this.#end === undefined) this.#wire.send(message);
  }

  pause(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    this.#parts.stream.pause();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#pulse.forgive();
    this.#parts.stream.resume();
  }

  close(reason: string): void {
    if (this.#end !== undefined) return;
    this.#wire.end(reason, { kind: 'goodbye', reason });
    this.#finish({ reason, message: reason, by: 'local' });
  }

  /** Cuts the other side off and tells it why. */
  refuse(fault: WireFault): void {
    this.#fail(fault);
  }

  /** From now on it is the link with its node: messages go up. */
  release(): void {
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const message of early) this.#parts.onMessage(this, message);
    this.resume();
  }

  /** Asks for a sign of life; `done` is called once, within `probeMs`. */
  probe(done: (isAlive: boolean) => void): void {
    const { env, limits } = this.#parts;
    const timer = env.timers.after(limits.probeMs, () => this.#answer(false));
    this.#probes.push({ timer, done });
    if (this.#end === undefined) this.#ping();
    else this.#answer(false);
  }

  #established(): HelloMessage {
    assert(this.#hello !== undefined, 'a session is used before its hello');
    return this.#hello;
  }

  #now(): PulseTime {
    const { clock } = this.#parts.env;
    return { wallMs: clock.wallMs(), monoMs: clock.monoMs() };
  }

  // Reading

  /** Before anything of a message is kept. */
  #admit(format: AnyFormat): void {
    const { kind, scope } = format;
    if (kind === 'join' || kind === 'joinReply') {
      throw new WireFault('unexpected', `${kind} on a stream between members`);
    }
    if (this.#upSinceMs !== undefined || kind === 'error' || kind === 'goodbye') {
      if (scope === 'link') this.#countControl();
      return;
    }
    if (kind === 'hello') return;
    if (this.#hello === undefined) throw new WireFault('before_hello', `${kind} before hello`);
    if (kind !== 'welcome') throw new WireFault('unexpected', `${kind} before welcome`);
  }

  #countControl(): void {
    if (this.#rate.take(this.#parts.env.clock.monoMs())) return;
    throw new WireFault('flood', 'too many control messages');
  }

  #skipped(): void {
    if (this.#hello === undefined) throw new WireFault('before_hello', 'unknown before hello');
    this.#countControl();
    this.#unknownMessages += 1;
  }

  #take(message: WireMessage): void {
    this.#heard();
    switch (message.kind) {
      case 'hello':
        return this.#takeHello(message);
      case 'welcome':
        return this.#takeWelcome(message.version, message.sessionId);
      case 'ping':
        return this.#wire.sendNow({
          kind: 'pong',
          id: message.id,
          wallMs: this.#parts.env.clock.wallMs(),
        });
      case 'pong':
        if (this.#pulse.answered(message.id, message.wallMs, this.#now())) return;
        throw new WireFault('unexpected', 'an answer to no ping');
      case 'goodbye':
        return this.#leave(message.reason, message.reason);
      case 'error':
        return this.#leave(message.code, message.message);
      case 'join':
      case 'joinReply':
        throw new WireFault('unexpected', message.kind);
      default:
        return this.#deliver(message);
    }
  }

  #takeHello(hello: HelloMessage): void {
    if (this.#hello !== undefined) throw new WireFault('duplicate_hello', 'a second hello');
    const mine = this.#parts.hello;
    this.#version = versionFor(mine, hello, this.#parts.fingerprint);
    this.#hello = hello;
    this.#wire.sendNow({
      kind: 'welcome',
      version: this.#version,
      sessionId: hello.sessionId,
      wallMs: this.#parts.env.clock.wallMs(),
    });
    this.#establish();
  }

  #takeWelcome(version: number, sessionId: string): void {
    if (this.#isWelcome) throw new WireFault('unexpected', 'a second welcome');
    if (version !== this.#version || sessionId !== this.#parts.hello.sessionId) {
      throw new WireFault('malformed', 'a welcome that does not answer our hello');
    }
    this.#isWelcome = true;
    this.#establish();
  }

  #establish(): void {
    if (this.#hello === undefined || !this.#isWelcome || this.#end !== undefined) return;
    const { env, limits } = this.#parts;
    this.#timer.cancel();
    this.#timer = env.timers.after(limits.pingIntervalMs, () => this.#beat());
    this.#upSinceMs = env.clock.monoMs();
    this.#ping();
    this.#parts.onEstablished(this);
    if (this.#early !== undefined && this.#end === undefined) this.pause();
  }

  #deliver(message: PeerMessage): void {
    if (this.#early === undefined) return this.#parts.onMessage(this, message);
    if (this.#early.length >= EARLY_MAX) throw new WireFault('flood', 'too much before its place');
    this.#early.push(message);
  }

  // Pings

  #ping(): void {
    const now = this.#now();
    this.#wire.sendNow({ kind: 'ping', id: this.#pulse.sent(now), wallMs: now.wallMs });
  }

  #beat(): void {
    const { env, limits } = this.#parts;
    if (this.#isPaused) this.#pulse.forgive();
    const verdict = this.#pulse.verdict();
    if (verdict !== 'ping') {
      this.#fail(new WireFault(verdict, 'pings are not answered'));
      return;
    }
    this.#timer = env.timers.after(limits.pingIntervalMs, () => this.#beat());
    this.#ping();
  }

  #heard(): void {
    this.#pulse.heard();
    this.#answer(true);
  }

  #answer(isAlive: boolean): void {
    if (this.#probes.length === 0) return;
    const probes = this.#probes;
    this.#probes = [];
    for (const { timer, done } of probes) {
      timer.cancel();
      done(isAlive);
    }
  }

  #drained(): void {
    if (this.#early === undefined && this.#end === undefined) this.#parts.onDrain(this);
  }

  // The end

  #leave(reason: string, message: string): void {
    this.#wire.end('the other side left');
    this.#finish({ reason, message, by: 'remote' });
  }

  #fail(fault: WireFault): void {
    if (this.#end !== undefined) return;
    const { reason, message } = fault;
    if (reason === 'slow' || reason === 'idle') this.#wire.destroy(reason);
    else this.#wire.end(reason, { kind: 'error', code: reason, message });
    this.#finish({ reason, message, by: 'fault' });
  }

  #finish(end: LinkEnd): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.#timer.cancel();
    this.#early = undefined;
    this.#answer(false);
    this.#parts.onEnd(this, end);
  }
}
