/**
 * A node in a process of its own, over the built package: what tests kill, stop, starve and trace.
 * `node node-child.mjs SCRIPT DIRECTORY OPTIONS COUNT`. Each line on stdout is written at once, by a
 * blocking write: what was printed had happened. `ack I` follows the acknowledgement of submission I.
 */
import { spawnSync } from 'node:child_process';
import { writeSync } from 'node:fs';
import { Client } from '../../dist/client/index.js';

const [, , script, dataDir, optionsText = '{}', countText = '10'] = process.argv;
const { uid, files, ...options } = JSON.parse(optionsText);
const count = Number(countText);

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

function fault({ code, name, message, details, hint }) {
  return `${code ?? name} ${JSON.stringify({ message, details, hint })}`;
}

/** Key of submission `index`; keys sort as they were submitted. */
function keyOf(index) {
  return `k/${String(index).padStart(6, '0')}`;
}

async function submit(client, index) {
  try {
    await client.put(keyOf(index), { index, filler: 'x'.repeat(100) });
    say(`ack ${index}`);
  } catch (error) {
    say(`error ${index} ${fault(error)}`);
  }
}

const SCRIPTS = {
  /** One put at a time. */
  async puts(client) {
    for (let index = 0; index < count; index++) await submit(client, index);
  },
  /** All puts in flight at once. */
  async flight(client) {
    await Promise.all(Array.from({ length: count }, (_, index) => submit(client, index)));
  },
  /** Puts alone and in flight, a transaction of three, a checkpoint: every path to the disk. */
  async workload(client) {
    let index = 0;
    for (; index < count; index++) await submit(client, index);
    await Promise.all(Array.from({ length: count }, (_, at) => submit(client, index + at)));
    await client.transact((tx) => ['a', 'b', 'c'].forEach((name) => tx.put(`t/${name}`, name)));
    say('transacted');
    await client.checkpoint();
    for (index += count; index < 3 * count; index++) await submit(client, index);
  },
  /** Puts, then flush, both told; goes on until it is killed. */
  async hold(client) {
    for (let index = 0; index < count; index++) await submit(client, index);
    say('holding');
    process.stdin.on('data', async () => {
      await client.flush();
      say('flushed');
    });
    await new Promise(() => setInterval(() => {}, 1000));
  },
  /** Puts for ever, as fast as they are acknowledged. */
  async endless(client) {
    for (let index = 0; ; index++) await submit(client, index);
  },
  async read(client) {
    say(`count ${client.count({ prefix: 'k/' })}`);
  },
};

// Only now: the loader of Node opens many files at once, which is not what is looked at here.
if (files !== undefined) spawnSync('prlimit', ['--pid', `${process.pid}`, `--nofile=${files}`]);
if (uid !== undefined) process.setuid(uid);
try {
  const client = await Client.open({ dataDir, ...options });
  say(`open ${process.pid}`);
  await SCRIPTS[script](client);
  await client.close();
  say('closed');
} catch (error) {
  say(`failed ${fault(error)}`);
  process.exitCode = 1;
}
