/**
 * The real world as one object: what a client or the command line hands to a node.
 */
import type { Env } from '../env.ts';
import { NodeClock } from './node-clock.ts';
import { NodeCrypto } from './node-crypto.ts';
import { NodeDatagrams } from './node-datagrams.ts';
import { NodeFileSystem } from './node-file-system.ts';
import { nodeHost } from './node-host.ts';
import { NodeRandom } from './node-random.ts';
import { NodeStreams } from './node-streams.ts';
import { NodeTimers } from './node-timers.ts';

/** A new `Env` over this process; cheap, holds nothing open. */
export function nodeEnv(): Env {
  const crypto = new NodeCrypto();
  return {
    fs: new NodeFileSystem(),
    clock: new NodeClock(),
    timers: new NodeTimers(),
    random: new NodeRandom(),
    crypto,
    host: nodeHost(),
    streams: new NodeStreams(crypto),
    datagrams: new NodeDatagrams(),
  };
}
