/**
 * A node on the local network: says that it is there, hears others, asks, and says goodbye. It
 * hints at addresses and never connects; whether a node that was found may be talked to is proved
 * by the handshake of the transport, not here.
 *
 * It guarantees: nothing that the network sends makes it throw, and everything that it keeps is
 * bounded (`DiscoveryLimits`). A start that fails throws a typed error and leaves nothing open; an
 * interface that fails is a warning. Starts and stops are done one after the other.
 */
import { type AdastraError, hexOf } from '../core/index.ts';
import type { DatagramAddress, Env, Timer } from '../env/index.ts';
import { Admission } from './admission.ts';
import { DropCounts, type DropReason } from './drop-reason.ts';
import { kindOfIp } from './ip-address.ts';
import { type DiscoveryLimits, resolveLimits } from './limits.ts';
import { type DiscoveryOptions, type Plan, planOf } from './plan.ts';
import { type DiscoveredNode, Registry } from './registry.ts';
import { Schedule } from './schedule.ts';
import { DiscoverySockets } from './sockets.ts';
import { startError } from './start-error.ts';
import { type DiscoveryIdentity, Voice } from './voice.ts';

export interface DiscoveryParts {
  readonly env: Pick<Env, 'datagrams' | 'clock' | 'timers' | 'random' | 'crypto'>;
  readonly identity: DiscoveryIdentity;
  readonly worldId: Uint8Array;
  /** Of the log: orders the sessions of one node, whatever its wall clock says. */
  readonly term: number;
  /** Where the transport listens now; `undefined` while it does not. */
  transportAddress(): DatagramAddress | undefined;
  isMember(fingerprint: string): boolean;
  /** A node is new, is back, or has other addresses. May not throw; if it does, that is logged. */
  onSeen?(node: DiscoveredNode): void;
  /** A node has said goodbye or was not heard for long. */
  onGone?(node: DiscoveredNode): void;
  readonly logger?: DiscoveryLogger | undefined;
  readonly limits?: Partial<DiscoveryLimits> | undefined;
}

export interface DiscoveryLogger {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
}

export interface DiscoveryStatus {
  readonly state: 'off' | 'running' | 'failed';
  readonly port?: number;
  readonly interfaces?: readonly string[];
  readonly error?: { readonly code: string; readonly message: string };
  readonly known: number;
  /** Datagrams that were not taken, by reason. */
  readonly dropped: Readonly<Record<string, number>>;
  /** What does not work although discovery runs: an interface, a target. */
  readonly warnings: readonly string[];
}

interface Running {
  readonly options: DiscoveryOptions;
  plan: Plan;
  /** Addresses of this machine. */
  hosts: ReadonlySet<string>;
  /** The plan and the interfaces as text: what has changed? */
  planKey: string;
  /** `undefined` while they could not be opened again. */
  sockets: DiscoverySockets | undefined;
  readonly schedule: Schedule;
}

const WAIT_MS_MAX = 60_000;

export class Discovery {
  readonly #parts: DiscoveryParts;
  readonly #limits: DiscoveryLimits;
  readonly #registry: Registry;
  readonly #voice: Voice;
  readonly #admission: Admission;
  readonly #drops = new DropCounts();
  readonly #waiting = new Set<() => void>();
  #running: Running | undefined;
  #error: AdastraError | undefined;
  #timer: Timer | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(parts: DiscoveryParts) {
    const limits = resolveLimits(parts.limits);
    this.#parts = parts;
    this.#limits = limits;
    this.#registry = new Registry({
      limits,
      worldId: hexOf(parts.worldId),
      isMember: (fingerprint) => parts.isMember(fingerprint),
      onSeen: (node) => this.#tell('onSeen', node),
      onGone: (node) => this.#tell('onGone', node),
    });
    const { worldId, term } = parts;
    this.#voice = new Voice(parts.env, parts.identity, { worldId, term, replyMs: limits.replyMs });
    this.#admission = new Admission({
      crypto: parts.env.crypto,
      limits,
      registry: this.#registry,
      worldId,
      publicKey: parts.identity.publicKey,
      isHeard: (host) => this.#isHeard(host),
      isHere: (host) => this.#isHere(host),
      isAsked: (nonce, nowMs) => this.#voice.isAsked(nonce, nowMs),
    });
  }

  /**
   * Begins to speak and to listen. Throws `invalid_host`, `invalid_port`, `invalid_options`,
   * `port_in_use`, `permission_denied`, `io_error`. If it runs already, it begins anew.
   */
  start(options: DiscoveryOptions = {}): Promise<DiscoveryStatus> {
    return this.#inTurn(async () => {
      await this.#stop();
      try {
        await this.#open(options);
        this.#error = undefined;
      } catch (error) {
        this.#error = startError(error, options.host ?? '', options.port ?? 0);
        throw this.#error;
      }
      this.#runDue();
      return this.status();
    });
  }

  /** Says goodbye and closes; forgets whom it knew, without `onGone`. Never throws. */
  stop(): Promise<void> {
    return this.#inTurn(async () => {
      this.#error = undefined;
      await this.#stop();
    });
  }

  status(): DiscoveryStatus {
    const running = this.#running;
    const error = this.#error;
    const state = error !== undefined ? 'failed' : running === undefined ? 'off' : 'running';
    return {
      state,
      ...(running === undefined ? {} : { port: running.plan.port, interfaces: running.plan.names }),
      ...(error === undefined ? {} : { error: { code: error.code, message: error.message } }),
      known: this.#registry.size,
      dropped: this.#drops.toRecord(),
      warnings: [...(running?.plan.warnings ?? []), ...(running?.sockets?.warnings ?? [])],
    };
  }

  /** Whom it knows, expired ones included until they are forgotten. */
  known(): DiscoveredNode[] {
    return this.#registry.list(this.#nowMs());
  }

  /**
   * Asks the network (as soon as the last time is a second ago), waits up to `waitMs` (default 0,
   * at most a minute) and gives what is known. While discovery is off it gives nothing.
   */
  async discover(options: { readonly waitMs?: number } = {}): Promise<DiscoveredNode[]> {
    const waitMs = Math.min(Math.max(0, options.waitMs ?? 0), WAIT_MS_MAX);
    if (this.#running === undefined) return [];
    this.#running.schedule.wantProbe();
    this.#runDue();
    if (waitMs > 0) await this.#wait(waitMs);
    return this.known();
  }

  /** The transport's address may have changed: looks, and announces a new one at once. */
  refresh(): void {
    this.#running?.schedule.wantCheck();
    this.#runDue();
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => undefined);
    return result;
  }

  async #open(options: DiscoveryOptions): Promise<void> {
    const { plan, planKey, hosts } = this.#look(options);
    const sockets = await this.#openSockets(plan);
    const schedule = new Schedule(this.#limits, this.#parts.env.random, this.#nowMs());
    this.#running = { options, plan, planKey, hosts, sockets, schedule };
    this.#parts.logger?.info(`discovery on port ${plan.port}: ${plan.names.join(', ')}`);
  }

  async #stop(): Promise<void> {
    const running = this.#running;
    this.#timer?.cancel();
    this.#timer = undefined;
    if (running === undefined) return;
    running.sockets?.sendAll(this.#voice.goodbye());
    this.#running = undefined;
    this.#registry.clear();
    for (const wake of this.#waiting) wake();
    await this.#close(running.sockets);
  }

  #openSockets(plan: Plan): Promise<DiscoverySockets> {
    return DiscoverySockets.open(this.#parts.env.datagrams, plan, (bytes, from) =>
      this.#receive(bytes, from),
    );
  }

  #look(options: DiscoveryOptions): Pick<Running, 'plan' | 'planKey' | 'hosts'> {
    const interfaces = this.#parts.env.datagrams.interfaces();
    const transport = this.#parts.transportAddress();
    const plan = planOf(options, { interfaces, transport, limits: this.#limits });
    const hosts = new Set(interfaces.map((face) => face.address));
    return { plan, planKey: JSON.stringify([plan, interfaces]), hosts };
  }

  /** Does what is due and sets the timer for what is due next. */
  #runDue(): void {
    const running = this.#running;
    if (running === undefined) return;
    const nowMs = this.#nowMs();
    this.#registry.sweep(nowMs);
    const { schedule, plan, sockets } = running;
    const at = { addresses: plan.addresses, port: plan.transportPort };
    if (schedule.takeProbe(nowMs)) sockets?.sendAll(this.#voice.probe(at, nowMs));
    if (schedule.takeAnnounce(nowMs)) sockets?.sendAll(this.#voice.announce(at));
    if (schedule.takeCheck(nowMs)) this.#check(running);
    this.#timer?.cancel();
    const dueMs = Math.min(schedule.nextMs(), this.#registry.nextSweepMs() ?? Infinity);
    this.#timer = this.#parts.env.timers.after(Math.max(1, dueMs - nowMs), () => this.#runDue());
  }

  #check(running: Running): void {
    if (running.sockets !== undefined && this.#planKey(running.options) === running.planKey) return;
    void this.#inTurn(async () => {
      if (this.#running === running) await this.#reopen(running);
    });
  }

  #planKey(options: DiscoveryOptions): string | undefined {
    try {
      return this.#look(options).planKey;
    } catch {
      return undefined;
    }
  }

  /** Interfaces or addresses have changed: new sockets, and everybody is told. */
  async #reopen(running: Running): Promise<void> {
    const { sockets, options } = running;
    running.sockets = undefined;
    try {
      const found = this.#look(options);
      // Where nothing will be said any more, others should not go on believing the last word.
      sockets?.sendAll(this.#voice.goodbye(), found.plan);
      await this.#close(sockets);
      running.sockets = await this.#openSockets(found.plan);
      Object.assign(running, found);
      this.#error = undefined;
      running.schedule.again(this.#nowMs());
    } catch (error) {
      await this.#close(sockets);
      this.#failed(startError(error, options.host ?? '', running.plan.port));
    }
    this.#runDue();
  }

  /** It is tried again at the next check. */
  #failed(error: AdastraError): void {
    const isNews = this.#error?.message !== error.message;
    this.#error = error;
    if (isNews) this.#parts.logger?.warn(`discovery: ${error.message}`);
  }

  /** What was handed to the sockets goes out in this turn. */
  async #close(sockets: DiscoverySockets | undefined): Promise<void> {
    await new Promise<void>((resolve) => this.#parts.env.timers.soon(resolve));
    await sockets?.close();
  }

  #receive(bytes: Uint8Array, from: DatagramAddress): void {
    const running = this.#running;
    if (running === undefined) return;
    const nowMs = this.#nowMs();
    const verdict = this.#admission.receive(bytes, from, nowMs);
    if (verdict.kind === 'dropped') this.#dropped(verdict.reason, from);
    if (verdict.kind === 'asked') {
      const { addresses, transportPort: port } = running.plan;
      running.sockets?.sendTo(this.#voice.reply(verdict.nonce, { addresses, port }), from);
    }
  }

  /** Counted always, logged when the count reaches a power of ten: a flood fills no log. */
  #dropped(reason: DropReason, from: DatagramAddress): void {
    const count = this.#drops.add(reason);
    if (!/^10*$/.test(String(count))) return;
    const text = `discovery: dropped a datagram from ${from.host}: ${reason} (no. ${count})`;
    this.#parts.logger?.debug(text);
  }

  /** A node on loopback alone does not listen to the network, though the port is open to it. */
  #isHeard(host: string): boolean {
    const isLoopback = kindOfIp(host) === 'loopback';
    return (
      this.#running?.plan.senders.some((kind) => kind.endsWith('loopback') === isLoopback) ?? false
    );
  }

  #isHere(host: string): boolean {
    if (kindOfIp(host) === 'loopback') return true;
    return this.#running?.hosts.has(host) ?? false;
  }

  #tell(event: 'onSeen' | 'onGone', node: DiscoveredNode): void {
    const { logger } = this.#parts;
    const what = event === 'onSeen' ? 'found' : 'lost';
    logger?.info(
      `discovery: ${what} ${node.nodeId} at ${node.addresses.join(', ') || 'no address'}`,
    );
    try {
      this.#parts[event]?.(node);
    } catch (error) {
      logger?.warn(`discovery: a listener threw: ${String(error)}`);
    }
  }

  #wait(waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#waiting.delete(wake);
        timer.cancel();
        resolve();
      };
      const timer = this.#parts.env.timers.after(waitMs, wake);
      this.#waiting.add(wake);
    });
  }

  #nowMs(): number {
    return this.#parts.env.clock.monoMs();
  }
}
