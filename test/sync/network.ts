/**
 * A network of sync engines in simulated time: links with delay that come and go, lanes that take
 * time, disks that flush later, nodes that crash. Everything follows from the seed. What must always
 * hold is looked at with every message and after every step.
 */
import { type PeerMessage, Prng, type Vector, type VectorStatement } from '../../src/core/index.ts';
import { type Now, SyncEngine, type SyncOptions, type SyncWork } from '../../src/sync/index.ts';
import { coversAll, FakeHost, membershipOf } from './fake-host.ts';

export const START_MS = 1_767_225_600_000;

interface Link {
  readonly ends: readonly [number, number];
  up: boolean;
  epoch: number;
  /** Arrival of the last message in each direction: messages do not overtake. */
  lastArrival: [number, number];
}

export interface SimNode {
  readonly host: FakeHost;
  engine: SyncEngine;
  epoch: number;
  skewMs: number;
  readonly alarms: Extract<SyncWork, { kind: 'alarm' }>[];
  readonly collects: Vector[];
  readonly sent: { peer: string; message: PeerMessage }[];
}

export interface NetworkOptions {
  readonly nodes: number;
  readonly seed: number;
  readonly sync?: Partial<SyncOptions>;
}

export class Network {
  readonly prng: Prng;
  readonly nodes: SimNode[] = [];
  readonly #links: Link[] = [];
  readonly #events: { at: number; order: number; run: () => void }[] = [];
  readonly #options: NetworkOptions;
  readonly membership: ReturnType<typeof membershipOf>;
  /** Breaches of what must always hold. */
  readonly breaches: string[] = [];
  mono = 0;
  #order = 0;
  /** Chance that a received frame is flushed late. */
  slowDisk = 0.5;

  constructor(options: NetworkOptions) {
    this.#options = options;
    this.prng = new Prng(options.seed);
    this.membership = membershipOf(options.nodes);
    for (let index = 0; index < options.nodes; index++) {
      const host = new FakeHost(index, this.membership);
      const engine = this.#newEngine(host);
      this.nodes.push({ host, engine, epoch: 0, skewMs: 0, alarms: [], collects: [], sent: [] });
    }
  }

  node(index: number): SimNode {
    return this.nodes[index] as SimNode;
  }

  now(index: number): Now {
    return { wall: START_MS + this.mono + this.node(index).skewMs, mono: this.mono };
  }

  at(delayMs: number, run: () => void): void {
    this.#events.push({ at: this.mono + delayMs, order: this.#order++, run });
  }

  connect(left: number, right: number): void {
    let link = this.#linkOf(left, right);
    if (link === undefined) {
      link = { ends: [left, right], up: false, epoch: 0, lastArrival: [0, 0] };
      this.#links.push(link);
    }
    if (link.up) return;
    link.up = true;
    link.epoch++;
    for (const [from, to] of [
      [left, right],
      [right, left],
    ] as const) {
      const { engine } = this.node(from);
      engine.linkUp(this.node(to).host.fingerprint, { roundTripMs: 20 }, this.now(from));
    }
    this.#work(left);
    this.#work(right);
  }

  cut(left: number, right: number): void {
    const link = this.#linkOf(left, right);
    if (link?.up !== true) return;
    link.up = false;
    for (const [from, to] of [
      [left, right],
      [right, left],
    ] as const) {
      this.node(from).engine.linkDown(this.node(to).host.fingerprint, 'cut', this.now(from));
      this.#work(from);
    }
  }

  connectAll(): void {
    for (let left = 0; left < this.nodes.length; left++) {
      for (let right = left + 1; right < this.nodes.length; right++) this.connect(left, right);
    }
  }

  /** One bundle; flushed at once or a little later. */
  write(index: number, commits = 1, valueBytes = 8): void {
    const node = this.node(index);
    node.host.author(commits, this.now(index).wall, valueBytes);
    const { epoch } = node;
    const flush = (): void => {
      if (node.epoch !== epoch) return;
      node.host.flush();
      node.engine.advanced(this.now(index));
      this.#work(index);
    };
    if (this.prng.chance(0.5)) flush();
    else this.at(this.prng.below(50), flush);
  }

  /** The process dies and comes back: the log up to the last flush, a new engine. */
  crash(index: number): void {
    const node = this.node(index);
    for (const { ends } of this.#links) {
      if (ends.includes(index)) this.cut(ends[0], ends[1]);
    }
    node.epoch++;
    node.host.crash();
    const statements = node.engine.view.statements();
    node.engine = this.#newEngine(node.host, statements);
  }

  /** Runs until `mono`; ticks every engine as it asks to be ticked. */
  run(forMs: number): void {
    const end = this.mono + forMs;
    for (let steps = 0; this.mono < end; steps++) {
      if (steps > 1_000_000) throw new Error('the network does not come to rest');
      const event = this.#nextEvent();
      const tickAt = this.mono + Math.max(1, this.#nextTick());
      const at = Math.min(end, Math.max(this.mono, event?.at ?? end), tickAt);
      this.mono = at;
      if (event !== undefined && event.at <= at) {
        this.#events.splice(this.#events.indexOf(event), 1);
        event.run();
      } else this.tickAll();
    }
  }

  tickAll(): void {
    this.nodes.forEach(({ engine }, index) => {
      engine.tick(this.now(index));
      this.#work(index);
    });
  }

  /** Does what the engine of this node asks for; to be called after every input from outside. */
  work(index: number): void {
    this.#work(index);
  }

  #newEngine(host: FakeHost, statements: readonly VectorStatement[] = []): SimNode['engine'] {
    const prng = this.prng.fork();
    const { sync } = this.#options;
    return new SyncEngine({
      host,
      prng,
      statements,
      ...(sync === undefined ? {} : { options: sync }),
    });
  }

  #linkOf(left: number, right: number): Link | undefined {
    return this.#links.find(({ ends }) => ends.includes(left) && ends.includes(right));
  }

  #nextEvent(): { at: number; order: number; run: () => void } | undefined {
    let next = this.#events[0];
    for (const event of this.#events) {
      if (next === undefined) return undefined;
      if (event.at < next.at || (event.at === next.at && event.order < next.order)) next = event;
    }
    return next;
  }

  #nextTick(): number {
    return Math.min(...this.nodes.map(({ engine }, at) => engine.nextTickMs(this.now(at))));
  }

  #indexOf(fingerprint: string): number {
    return this.nodes.findIndex(({ host }) => host.fingerprint === fingerprint);
  }

  #work(index: number): void {
    const node = this.node(index);
    for (let work = node.engine.take(); work.length > 0; work = node.engine.take()) {
      for (const item of work) this.#do(index, item);
    }
    this.#look(index);
  }

  #do(index: number, work: SyncWork): void {
    const node = this.node(index);
    switch (work.kind) {
      case 'send':
        node.sent.push({ peer: work.peer, message: work.message });
        this.#lookAtMessage(index, work.message);
        return this.#send(index, this.#indexOf(work.peer), work.message);
      case 'receive':
        return this.#receive(index, work);
      case 'sign':
        return node.engine.signed(
          node.host.statement(work.vector, this.now(index).wall),
          this.now(index),
        );
      case 'collect':
        return this.#lookAtFrontier(index, work.frontier);
      case 'alarm':
        node.alarms.push(work);
        return undefined;
      case 'close':
        return this.cut(index, this.#indexOf(work.peer));
      default:
        return undefined;
    }
  }

  #send(from: number, to: number, message: PeerMessage): void {
    const link = this.#linkOf(from, to);
    if (link?.up !== true) return;
    const { epoch } = link;
    const way = link.ends[0] === from ? 0 : 1;
    const arrival = Math.max(link.lastArrival[way], this.mono + 1 + this.prng.below(40));
    link.lastArrival[way] = arrival;
    this.at(arrival - this.mono, () => {
      if (!link.up || link.epoch !== epoch) return;
      const sender = this.node(from).host.fingerprint;
      this.node(to).engine.message(sender, message, this.now(to));
      this.#work(to);
    });
  }

  /** The lane admits, the disk follows, then the engine hears of it. */
  #receive(index: number, work: Extract<SyncWork, { kind: 'receive' }>): void {
    const node = this.node(index);
    const { epoch } = node;
    this.at(this.prng.below(10), () => {
      if (node.epoch !== epoch) return;
      const outcomes = work.bundles.map((bundle) => node.host.admit(bundle));
      this.at(this.prng.chance(this.slowDisk) ? this.prng.below(100) : 0, () => {
        if (node.epoch !== epoch) return;
        node.host.flush();
        node.engine.received(work.peer, work.frame, outcomes, this.now(index));
        this.#work(index);
      });
    });
  }

  #lookAtMessage(index: number, message: PeerMessage): void {
    const { host } = this.node(index);
    if (message.kind === 'bundles') {
      const durable = host.log.filter(({ lastSeq }) => lastSeq <= host.durableSeq());
      const all = message.bundles.every((sent) => durable.some(({ bundle }) => bundle === sent));
      if (!all) this.breaches.push('INV-2: a bundle was sent before it was durable');
    }
    if (message.kind === 'ack' && !coversAll(host.vector(), message.durable)) {
      this.breaches.push('an ack calls durable what is not');
    }
  }

  #lookAtFrontier(index: number, frontier: Vector): void {
    this.node(index).collects.push(frontier);
    for (const { host } of this.nodes) {
      const open = this.membership.get(host.fingerprint)?.state !== 'closed';
      if (open && !coversAll(host.vector(), frontier)) {
        this.breaches.push(`the frontier is above what ${host.fingerprint} has`);
      }
    }
  }

  /** Cursors and windows. */
  #look(index: number): void {
    const node = this.node(index);
    const { windowFrames = 16 } = this.#options.sync ?? {};
    for (const peer of node.engine.view.peers(this.now(index))) {
      const other = this.node(this.#indexOf(peer.fingerprint)).host;
      const early = node.host.log.some(
        ({ lastSeq, origin, lastOriginSeq }) =>
          lastSeq <= peer.acknowledgedSeq && other.vector().originSeqOf(origin) < lastOriginSeq,
      );
      if (early) this.breaches.push('INV-10: acknowledged what is not durable at the peer');
      if (peer.framesInFlight > windowFrames) this.breaches.push('the window was exceeded');
    }
  }
}
