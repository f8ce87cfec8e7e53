/**
 * One of several nodes that meet by real discovery and real TLS, in a process of its own over the
 * built package: `node chaos-child.mjs CONFIG`. Commands come by stdin, a line of JSON each; answers
 * and acknowledged writes go by stdout. A line is written by a blocking write, so a write that was
 * told of had been acknowledged, however soon the process is killed. What a write had seen of its
 * key is read inside its transaction.
 *
 * With `cable` every TCP connection to 127.0.0.1 goes to that address instead, same port, where
 * test/support/cable.ts listens: the only thing here that is not as in production.
 */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, joinWorld } from '../../dist/client/index.js';
import { hexOf, Prng } from '../../dist/core/index.js';

const config = JSON.parse(process.argv[2]);
const KEYS_OF_A_BURST = 3;
/** What a write may meet while the key changes under it. */
const EXPECTED = ['condition_failed', 'not_found'];

if (config.cable !== undefined) layCable(config.cable);

function layCable(cable) {
  const connect = Socket.prototype.connect;
  Socket.prototype.connect = function connectByCable(...args) {
    const [options] = args;
    if (options?.host !== '127.0.0.1') return connect.apply(this, args);
    return connect.call(this, { ...options, host: cable }, ...args.slice(1));
  };
}

/** The pipe does not block: while it is full, writing is tried again. */
function say(line) {
  const bytes = Buffer.from(`${line}\n`);
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(1, bytes, at);
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
    }
  }
}

/** Short hash of a value, whatever the order of its fields. */
function hashOf(value) {
  if (value === undefined) return '-';
  const sorted = (_, part) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part;
  return createHash('sha256').update(JSON.stringify(value, sorted)).digest('hex').slice(0, 16);
}

/** What all nodes write: real places under their keys. */
const PLACES = JSON.parse(readFileSync(config.places, 'utf8'));

/** Random operations, each under a number; the same number again is another write (`run`). */
class Work {
  constructor(client, { run, seed }) {
    this.client = client;
    this.run = run;
    this.seed = seed;
  }

  async go({ from, count, everyMs }) {
    const startMs = performance.now();
    for (let number = from; number < count; ) {
      const random = new Prng(this.seed + number * 4096 + this.run);
      const burst = random.chance(0.2) ? KEYS_OF_A_BURST : 1;
      const some = Array.from({ length: Math.min(burst, count - number) }, (_, at) =>
        this.one(number + at, random.fork()),
      );
      await Promise.all(some);
      number += some.length;
      const aheadMs = startMs + (number - from) * everyMs - performance.now();
      if (aheadMs > 0) await sleep(aheadMs);
    }
    say('worked');
  }

  async one(number, random) {
    const dice = random.below(1000);
    let done;
    if (dice < 2) await this.client.checkpoint();
    else if (dice < 120) done = await this.resolve(number, random);
    done ??= await this.write(number, random, dice);
    const { receipt, writes, resolved } = done;
    const { origin, originSeq, stamp, seq } = receipt;
    say(
      `ack ${JSON.stringify({ number, run: this.run, origin, originSeq, stamp, seq, resolved, writes })}`,
    );
  }

  /** Few keys get many of the writes. */
  pick(random) {
    const at = Math.floor(random.float() ** 2 * PLACES.length);
    return PLACES[at];
  }

  valueOf(place, number, part) {
    return { ...place, by: config.name, number, run: this.run, part };
  }

  /** A put or a remove alone, by the short way, or a transaction that looks first. */
  async write(number, random, dice) {
    if (dice >= 700) {
      const { key, place } = this.pick(random);
      const value = this.valueOf(place, number, 0);
      const receipt = await this.client.put(key, value);
      return { receipt, writes: [{ key, kind: 'put', hash: hashOf(value) }] };
    }
    const size = dice < 300 ? 2 + random.below(3) : 1;
    const chosen = new Map();
    while (chosen.size < size) {
      const { key, place } = this.pick(random);
      chosen.set(key, { place, isRemove: random.chance(0.5) });
    }
    let writes = [];
    const receipt = await this.client.transact((tx) => {
      writes = [];
      for (const [key, { place, isRemove }] of chosen) {
        const seen = tx.getEntry(key)?.stamps ?? [];
        if (isRemove && seen.length === 0) continue;
        const value = isRemove ? undefined : this.valueOf(place, number, writes.length);
        if (isRemove) tx.remove(key);
        else tx.put(key, value);
        writes.push({ key, kind: isRemove ? 'remove' : 'put', hash: hashOf(value), seen });
      }
    });
    return { receipt, writes };
  }

  /** Ends some conflict; nothing where there is none, or where it changed meanwhile. */
  async resolve(number, random) {
    const conflicts = [];
    for await (const conflict of this.client.conflicts({ prefix: 'city/', limit: 8 })) {
      conflicts.push(conflict);
    }
    const conflict = conflicts[random.below(Math.max(1, conflicts.length))];
    if (conflict === undefined) return undefined;
    const { key, siblings } = conflict;
    const chosen = siblings[random.below(siblings.length)];
    const value = { ...conflict.value, by: config.name, number, run: this.run };
    const how = random.below(3);
    const kind = how === 0 ? 'put' : how === 1 ? 'remove' : chosen.kind;
    const written = how === 0 ? value : kind === 'put' ? chosen.value : undefined;
    const resolution = [{ value }, { remove: true }, { stamp: chosen.stamp }][how];
    try {
      const receipt = await this.client.resolveConflict(key, resolution);
      return { receipt, resolved: true, writes: [{ key, kind, hash: hashOf(written) }] };
    } catch (error) {
      if (EXPECTED.includes(error.code)) return undefined;
      throw error;
    }
  }
}

function vectorOf(client) {
  const { vector } = client.api.lane;
  return vector
    .entries()
    .map(([origin, { originSeq, digest }]) => [origin, originSeq, hexOf(digest)]);
}

/** Everything that this node holds, for test/support/chaos-evidence.ts. */
async function evidenceOf(client) {
  const commits = [];
  for await (const commit of client.changes({ from: 1, live: false, system: true })) {
    const { origin, originSeq, stamp, seq, events } = commit;
    if (origin === undefined) continue;
    const told = events.map(({ key, kind, value }) => ({ key, kind, hash: hashOf(value) }));
    commits.push({ origin, originSeq, stamp, seq, void: commit.void, events: told });
  }
  const entries = PLACES.map(({ key }) => {
    const siblings = client.getEntry(key)?.siblings ?? [];
    const told = siblings.map(({ kind, value, stamp }) => ({ kind, stamp, hash: hashOf(value) }));
    return { key, value: hashOf(client.get(key)), siblings: told };
  });
  const journal = [];
  for await (const { key, seq, siblings } of client.decidedConflicts({ prefix: 'city/' })) {
    journal.push({ key, seq, stamps: siblings.map(({ stamp }) => stamp) });
  }
  const { stateHash } = await client.hashes();
  return { name: config.name, stateHash, vector: vectorOf(client), commits, entries, journal };
}

const COMMANDS = {
  invite: (client) => client.invite(),
  members: (client) => client.members(),
  discover: (client) => client.discover({ waitMs: 200 }),
  peers: (client) => client.peers(),
  status: (client) => client.status(),
  put: (client, { key, value }) => client.put(key, value),
  remove: (client, { key }) => client.remove(key),
  async stand(client) {
    const { stateHash } = await client.hashes();
    const peers = await client.peers();
    const connected = peers.filter(({ state }) => state === 'connected').length;
    return { stateHash, vector: vectorOf(client), connected };
  },
  async evidence(client, { file }) {
    const evidence = await evidenceOf(client);
    writeFileSync(file, JSON.stringify(evidence));
    return { file };
  },
  work(client, { from, count, everyMs, ...rest }) {
    new Work(client, rest).go({ from, count, everyMs }).catch(failed);
    return {};
  },
  async close(client) {
    await client.close();
    process.stdin.destroy();
    return {};
  },
};

function failed(error) {
  say(
    `failed ${JSON.stringify({ code: error.code ?? error.name, message: error.message, stack: error.stack })}`,
  );
  process.exit(1);
}

async function answer(client, { id, command, ...args }) {
  try {
    say(`done ${id} ${JSON.stringify(await COMMANDS[command](client, args))}`);
  } catch (error) {
    say(
      `refused ${id} ${JSON.stringify({ code: error.code ?? error.name, message: error.message })}`,
    );
  }
}

const log = (level) => (message) =>
  void process.stderr.write(`${Date.now()} ${level} ${message}\n`);
const logger = { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') };

try {
  const { dataDir, name, code, options } = config;
  if (code !== undefined) await joinWorld(dataDir, code, { nodeId: name });
  const client = await Client.open({ dataDir, nodeId: name, logger, ...options });
  say(`open ${process.pid}`);
  createInterface({ input: process.stdin }).on('line', (line) => answer(client, JSON.parse(line)));
} catch (error) {
  failed(error);
}
