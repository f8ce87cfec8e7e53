/**
 * Nodes whose log starts over: a snapshot taken from one and installed in the directory of another,
 * as the engine does between closing and opening.
 */
import {
  clockRepair,
  type DeadLetterFile,
  type Engine,
  installSnapshot,
  type LostBranch,
  openSnapshot,
  type RebaseReport,
  type SnapshotFacts,
} from '../../src/engine/index.ts';
import type { MemoryEnv } from '../../src/env/memory/index.ts';
import { bundleRecord } from '../../src/store/transactions/index.ts';
import { BundleReader, hexOf, type Vector } from '../../src/core/index.ts';
import { NODE_DIRECTORY as DATA, openNode } from './memory-node.ts';

const FILE = '/data/received.snapshot';

/** Copies a snapshot of `giver` onto the machine `env`, in pieces; what its offer says. */
export async function receiveSnapshot(giver: Engine, env: MemoryEnv): Promise<SnapshotFacts> {
  const snapshot = await openSnapshot(giver);
  if (env.fs.stat(FILE) !== undefined) env.fs.removeFile(FILE);
  const file = env.fs.open(FILE, 'create');
  for (let at = 0; at < snapshot.byteLength; at += 1000) {
    const piece = snapshot.read(at, 1000);
    file.write(piece, 0, piece.length, at);
  }
  file.sync();
  file.close();
  env.fs.syncDirectory('/data');
  snapshot.close();
  const { id, byteLength, digest, stateHash, vector } = snapshot;
  return { id, byteLength, digest, stateHash, vector };
}

export const SNAPSHOT_FILE: string = FILE;

/** Installs what was received in the directory of a node that is closed. */
export function installIn(
  env: MemoryEnv,
  closed: Engine,
  offer: SnapshotFacts,
  lostBranch?: LostBranch,
): Promise<RebaseReport> {
  const { identity, options } = closed.parts;
  return installSnapshot(env, DATA, FILE, { identity, options, offer, lostBranch });
}

export async function repairClock(
  env: MemoryEnv,
  closed: Engine,
  taken: Vector,
  driftLimitMs: number,
): ReturnType<typeof clockRepair> {
  const { identity, options } = closed.parts;
  return clockRepair(env, DATA, { identity, options, taken, driftLimitMs });
}

/** Opens, which goes on with what is to be authored again; what of that stands in the log. */
export async function openAgain(env: MemoryEnv): Promise<{
  engine: Engine;
  letters: DeadLetterFile;
  reauthored: number;
}> {
  const engine = await openNode(env);
  let reauthored = 0;
  const from = engine.parts.log.baseSeq + 1;
  for await (const { reason } of engine.changes({ from, live: false })) {
    if (reason?.includes('authored again, first as') === true) reauthored++;
  }
  return { engine, letters: engine.replacement?.letters as DeadLetterFile, reauthored };
}

/** The commits of every log by their names: chain digests at bundle ends. */
export function chainsOf(nodes: readonly Engine[]): {
  names: Map<string, string>;
  twice: string[];
} {
  const names = new Map<string, string>();
  const twice: string[] = [];
  const reader = new BundleReader();
  for (const { parts } of nodes) {
    for (const batch of parts.log.read(parts.log.baseSeq + 1)) {
      for (const record of batch.records) {
        const bundle = bundleRecord(record);
        if (bundle === undefined) continue;
        const { source, digestStart, authoredStart, authoredEnd } = bundle;
        reader.open(source, authoredStart, authoredEnd);
        const digest = hexOf(source, digestStart, digestStart + 32);
        for (let at = 0; at < reader.commitCount; at++) {
          const name = `${reader.origin}/${reader.firstOriginSeq + at}`;
          const known = names.get(name);
          if (known !== undefined && known !== digest) twice.push(name);
          names.set(name, digest);
        }
      }
    }
  }
  return { names, twice };
}
