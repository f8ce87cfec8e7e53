/**
 * Nodes to be damaged and repaired on a memory disk: a log of several segments with checkpoints at
 * chosen seqs, the places of its batches, and what must hold of a directory after a repair.
 */
import { expect } from 'vitest';
import {
  type Engine,
  type NodeOptions,
  replayVerify,
  type RepairReport,
  verifyDirectory,
} from '../../src/engine/index.ts';
import { type MemoryEnv, memoryEnv, type MemoryFileSystem } from '../../src/env/memory/index.ts';
import { NodeCrypto } from '../../src/env/node/index.ts';
import { identifyLog, type LogIdentity, salvageLog } from '../../src/wal/index.ts';
import { NODE_DIRECTORY, openNode } from './memory-node.ts';

const crypto = new NodeCrypto();
let seeds = 1000;

/** Segments of a few batches each. */
export const SMALL_SEGMENTS: NodeOptions = {
  limits: {
    keyBytesMax: 64,
    valueBytesMax: 512,
    metadataBytesMax: 64,
    commitBytesMax: 4800,
    bundleBytesMax: 4096,
    segmentBytes: 4800,
  },
};
export const ONE_SEGMENT: NodeOptions = {};

/** A machine over a disk that is there already, with randomness of its own. */
export function machineOn(fileSystem: MemoryFileSystem): MemoryEnv {
  return memoryEnv({ seed: ++seeds, crypto, fileSystem });
}

export function copyOf(env: MemoryEnv, fileSystem = {}): MemoryEnv {
  return machineOn(env.fs.crash({ mode: 'kill', fileSystem }));
}

export interface Made {
  readonly env: MemoryEnv;
  readonly headSeq: number;
  /** By seq, as the node said it when it stood there. */
  readonly stateHashes: readonly string[];
}

/**
 * A closed node with commits 2…`commits` (the first founds the world), each with a command id, and
 * checkpoints at the given seqs.
 */
export async function makeNode(
  options: NodeOptions,
  { commits, checkpoints }: { commits: number; checkpoints: readonly number[] },
): Promise<Made> {
  const env = machineOn(memoryEnv({ seed: 1, crypto }).fs);
  const engine = await openNode(env, options);
  const stateHashes: string[] = [];
  for (let seq = 2; seq <= commits; seq++) {
    await writeOne(engine, seq);
    stateHashes[seq] = (await engine.hashes()).stateHash;
    if (checkpoints.includes(seq)) await engine.checkpoint();
  }
  await engine.close();
  return { env, headSeq: commits, stateHashes };
}

export async function writeOne(engine: Engine, seq: number): Promise<void> {
  const value = { seq, text: 'x'.repeat(300) };
  await engine.put(`key/${seq % 17}`, value, { commandId: `command-${seq}` });
}

export interface Place {
  readonly file: string;
  readonly offset: number;
  readonly firstSeq: number;
  readonly count: number;
}

/** Where each batch stands, local ones included. */
export function placesOf(env: MemoryEnv): Place[] {
  const places: Place[] = [];
  const identity = identifyLog(env, NODE_DIRECTORY) as LogIdentity;
  salvageLog(env, NODE_DIRECTORY, identity, {
    onBatch: ({ segment, offset, firstSeq, count }) => {
      const file = `${NODE_DIRECTORY}/log/${String(segment).padStart(8, '0')}.log`;
      places.push({ file, offset, firstSeq, count });
    },
  });
  return places;
}

/** The batch that holds a seq. */
export function placeOf(env: MemoryEnv, seq: number): Place {
  const found = placesOf(env).find(
    ({ firstSeq, count }) => firstSeq <= seq && seq < firstSeq + count,
  );
  if (found === undefined) throw new Error(`no batch with seq ${seq}`);
  return found;
}

/** Turns a bit of the batch that holds a seq; `within` from the beginning of its frame. */
export function damageAt(env: MemoryEnv, seq: number, within = 100): void {
  const { file, offset } = placeOf(env, seq);
  env.fs.flipBit(file, offset + within, 3);
}

export function checkpointFile(env: MemoryEnv, seq: number): string {
  const directory = `${NODE_DIRECTORY}/checkpoints`;
  const name = env.fs.list(directory).find((found) => Number.parseInt(found, 10) === seq);
  return `${directory}/${name}`;
}

export function damageCheckpoint(env: MemoryEnv, seq: number): void {
  env.fs.flipBit(checkpointFile(env, seq), 300, 1);
}

/** What must hold right after any repair; gives the state hash. */
export async function stateOfRepaired(
  env: MemoryEnv,
  options: NodeOptions,
  report: RepairReport,
): Promise<string> {
  const verified = await verifyDirectory(env, NODE_DIRECTORY);
  expect(verified).toMatchObject({ ok: true, problems: [] });
  const engine = await openNode(env, options);
  const { stateHash } = await engine.hashes();
  expect(engine.seq).toBe(report.headSeq);
  expect(engine.parts.log.baseSeq).toBe(report.baseSeq);
  expect(report.keptCommits).toBe(report.headSeq - report.baseSeq);
  expect(replayVerify(env, NODE_DIRECTORY)).toMatchObject({ matches: true, stateHash });
  await engine.close();
  return stateHash;
}

/**
 * The same, and that the node goes on: writes, a checkpoint, a clean close, nothing to complain of.
 */
export async function checkRepaired(
  env: MemoryEnv,
  options: NodeOptions,
  report: RepairReport,
): Promise<string> {
  for (const { file } of report.setAside) expect(env.fs.stat(file), file).toBeDefined();
  const stateHash = await stateOfRepaired(env, options, report);
  const engine = await openNode(env, options);
  for (let more = 1; more <= 5; more++) await writeOne(engine, 10_000 + more);
  await engine.checkpoint();
  await writeOne(engine, 10_006);
  const after = await engine.hashes();
  await engine.close();
  expect(await verifyDirectory(env, NODE_DIRECTORY)).toMatchObject({ ok: true, problems: [] });
  const again = await openNode(env, options);
  expect(again.seq).toBe(report.headSeq + 6);
  expect((await again.hashes()).stateHash).toBe(after.stateHash);
  await again.close();
  return stateHash;
}
