/**
 * Whole nodes with transport, discovery and sync in one simulated world: virtual time, a network
 * that can be cut, machines that can be killed. Everything follows from the seed.
 */
import { hexOf, validateLimits } from '../../src/core/index.ts';
import {
  MemoryFileSystem,
  type MemoryEnv,
  MemoryWorld,
  type NetworkConditions,
} from '../../src/env/memory/index.ts';
import { NodeCrypto } from '../../src/env/node/index.ts';
import {
  type Engine,
  type InviteOptions,
  joinWorld,
  type NodeOptions,
  openEngine,
  resolveOptions,
} from '../../src/engine/index.ts';
import type { Lane } from '../../src/store/transactions/index.ts';
import { agreement, NODE_DIRECTORY } from './memory-node.ts';

const CRYPTO = new NodeCrypto();
export const PORT = 4700;

export interface PeerMachine {
  readonly address: string;
  env: MemoryEnv;
  disk: MemoryFileSystem;
  engine: Engine | undefined;
  wallOffsetMs: number;
}

/** Several machines, each with at most one node. */
export class PeerWorld {
  readonly world: MemoryWorld;
  readonly machines: PeerMachine[] = [];
  readonly logs: string[] = [];

  constructor(seed: number, network: Partial<NetworkConditions> = {}) {
    const turn = (): Promise<void> => new Promise((done) => setImmediate(done));
    this.world = new MemoryWorld({ seed, crypto: CRYPTO, turn, network });
  }

  /** A machine without a node yet. */
  machine(wallOffsetMs = 0): PeerMachine {
    const address = `10.0.0.${this.machines.length + 1}`;
    const { env, disk } = this.#boot(address, wallOffsetMs, undefined);
    const machine = { address, env, disk, engine: undefined, wallOffsetMs };
    this.machines.push(machine);
    return machine;
  }

  /** Opens (and makes) the node there, listening. */
  async open(machine: PeerMachine, options: Partial<NodeOptions> = {}): Promise<Engine> {
    const resolved = resolveOptions({
      dataDir: NODE_DIRECTORY,
      transport: { host: machine.address, port: PORT },
      logger: this.#logger(machine.address),
      ...options,
    });
    const opening = openEngine(machine.env, NODE_DIRECTORY, resolved, { create: true });
    machine.engine = await this.world.settled(opening);
    return machine.engine;
  }

  /** Makes a node on `machine` that joins by an invitation of `inviter`, and opens it. */
  async join(
    inviter: PeerMachine,
    machine: PeerMachine,
    invite: InviteOptions = {},
    options: Partial<NodeOptions> = {},
  ): Promise<Engine> {
    const { code } = await this.settled((inviter.engine as Engine).invite(invite));
    const limits = validateLimits(options.limits);
    await this.settled(joinWorld(machine.env, NODE_DIRECTORY, code, { limits }));
    return this.open(machine, options);
  }

  settled<T>(promise: Promise<T>, maxMs?: number): Promise<T> {
    return this.world.settled(promise, maxMs);
  }

  run(ms: number): Promise<void> {
    return this.world.run(ms);
  }

  /** Lets time pass until all open nodes agree; whether they do. */
  async converge(
    maxMs = 120_000,
    machines: readonly PeerMachine[] = this.machines,
  ): Promise<boolean> {
    const nodes = (): Engine[] =>
      machines.flatMap(({ engine }) => (engine === undefined ? [] : [engine]));
    const isEqual = (): boolean => {
      const [first, ...others] = nodes().map(vectorOf);
      return others.every((other) => other === first);
    };
    for (let left = maxMs; left > 0; left -= 100) {
      if (isEqual()) return this.equal(nodes());
      await this.run(100);
    }
    return isEqual() && this.equal(nodes());
  }

  /** Equal vectors and equal state hashes. */
  equal(nodes: readonly Engine[]): boolean {
    const [first, ...others] = nodes.map((node) => {
      const { vector, state } = agreement(node);
      return `${vector}\n${state}`;
    });
    return others.every((other) => other === first);
  }

  /** The process is killed; what the system had of its writes is there afterwards. */
  kill(machine: PeerMachine): void {
    this.world.stop(machine.address, 'kill');
    machine.engine = undefined;
    const { address, wallOffsetMs, disk } = machine;
    Object.assign(machine, this.#boot(address, wallOffsetMs, disk));
  }

  async close(): Promise<void> {
    for (const machine of this.machines) {
      const { engine } = machine;
      machine.engine = undefined;
      if (engine !== undefined) await this.settled(engine.close());
    }
  }

  #boot(
    address: string,
    wallOffsetMs: number,
    killed: MemoryFileSystem | undefined,
  ): { env: MemoryEnv; disk: MemoryFileSystem } {
    let disk: MemoryFileSystem | undefined;
    const env = this.world.machine(address, {
      wallOffsetMs,
      disk: (uses) => {
        disk = killed?.crash({ mode: 'kill', fileSystem: uses }) ?? new MemoryFileSystem(uses);
        return disk;
      },
    });
    return { env, disk: disk as MemoryFileSystem };
  }

  #logger(address: string): NodeOptions['logger'] {
    const say =
      (level: string) =>
      (message: string): void => {
        this.logs.push(`${Math.round(this.world.nowMs)} ${address} ${level} ${message}`);
      };
    return { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') };
  }
}

/** Where a node stands, as text. */
function vectorOf(engine: Engine): string {
  return hexOf((engine.lane as Lane).vector.encode());
}
