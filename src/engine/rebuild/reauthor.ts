/**
 * Authoring again (design § 9): own commits that the base of a new log lacks, in their order, each
 * all or nothing, under the new incarnation. One is written again by itself only where every key
 * has exactly the siblings that the original had seen; else it becomes a dead letter. Each new
 * commit names its original by its commandId, so that a crash in the middle neither loses nor
 * repeats one.
 */
import { AdastraError, type Receipt, type Value } from '../../core/index.ts';
import type { EngineParts } from '../engine-parts.ts';
import type { DeadLetter } from '../peer-api.ts';
import type { Lane, Writes } from '../../store/transactions/index.ts';
import type { DeadLetterFile, WaitingLetter } from './dead-letters.ts';
import {
  type Basis,
  decodeOriginal,
  isStatement,
  linesOf,
  nameOf,
  type Original,
  type OriginalEvent,
  ORIGINALS_FILE,
} from './originals.ts';

/** Commits on their way to the disk together. */
const TOGETHER = 256;
/** Codes that say that this commit cannot be, not that the node cannot. */
const OF_THE_COMMIT: readonly string[] = [
  'forbidden',
  'limit_exceeded',
  'invalid_key',
  'invalid_value',
  'reserved_key',
];

/** What of an engine is needed. */
export interface AuthoringNode {
  readonly parts: Pick<EngineParts, 'env' | 'dataDir' | 'identity'>;
  readonly lane: Lane | undefined;
  get(key: string): Promise<Value | undefined>;
  /** Throws what refuses writes. */
  writable(): Writes;
}

export interface ReauthorReport {
  readonly reauthored: number;
  readonly deadLetters: number;
}

/** Thrown inside a transaction to leave it. */
class Stands extends Error {}

/**
 * Goes on with what a start over left to be done, if anything; call it after opening and before
 * other writes. Throws what refuses writes; the rest is then done by the next call.
 */
export async function reauthor(
  engine: AuthoringNode,
  letters: DeadLetterFile,
): Promise<ReauthorReport> {
  const { env, dataDir } = engine.parts;
  const path = env.fs.resolve(dataDir, ORIGINALS_FILE);
  const report = { reauthored: 0, deadLetters: 0 };
  if (env.fs.stat(path) === undefined) return report;
  let group: Original[] = [];
  const write = async (): Promise<void> => {
    const outcomes = await Promise.all(group.map((one) => authorAgain(engine, one, letters)));
    const waiting = outcomes.filter((outcome) => typeof outcome === 'object');
    letters.add(waiting);
    report.deadLetters += waiting.length;
    report.reauthored += outcomes.filter((outcome) => outcome === 'written').length;
    group = [];
  };
  for (const line of linesOf(env, path)) {
    group.push(decodeOriginal(line));
    if (group.length >= TOGETHER) await write();
  }
  await write();
  env.fs.removeFile(path);
  env.fs.syncDirectory(dataDir);
  return report;
}

async function authorAgain(
  engine: AuthoringNode,
  original: Original,
  letters: DeadLetterFile,
): Promise<'written' | 'known' | WaitingLetter> {
  const name = nameOf(original);
  const commandId = `reauthor:${name}`;
  const lane = engine.lane as Lane;
  if (letters.has(name) || authoredAs(lane, name) !== undefined) return 'known';
  if (isStatement(original)) {
    return { original, why: 'a statement about the world is made again by its author' };
  }
  if (original.unsure === true) {
    return { original, why: 'it may be in the branch that stays: nothing here tells any more' };
  }
  try {
    await engine.writable().transact(
      (tx) => {
        const other = original.events.find((event) => !stands(lane, event));
        if (other !== undefined) throw new Stands(other.key);
        for (const { key, kind, value } of original.events) {
          if (kind === 'put') tx.put(key, value);
          else tx.remove(key);
        }
      },
      optionsOf(original, commandId),
    );
    return 'written';
  } catch (error) {
    if (error instanceof Stands) {
      return { original, why: `${JSON.stringify(error.message)} holds what it had not seen` };
    }
    if (!AdastraError.is(error) || !OF_THE_COMMIT.includes(error.code)) throw error;
    return { original, why: error.message };
  }
}

function optionsOf(original: Original, commandId: string): Record<string, unknown> {
  const { actor, metadata } = original;
  const note = `authored again, first as ${nameOf(original)}`;
  const reason = original.reason === undefined ? note : `${original.reason} (${note})`;
  const fits = new TextEncoder().encode(reason).length <= 4096;
  return {
    commandId,
    durability: 'always',
    reason: fits ? reason : note,
    ...(actor === undefined ? {} : { actor }),
    ...(metadata === undefined ? {} : { metadata }),
  };
}

/** The commit that an original was authored again as, in the log or on its way. */
function authoredAs(lane: Lane, name: string): Pick<Receipt, 'origin' | 'originSeq'> | undefined {
  const id = `reauthor:${name}`;
  return lane.pendingCommands.get(id)?.receipt ?? lane.parts.commands.find(id);
}

/** Whether the key's siblings are exactly those that the original had seen. */
function stands(lane: Lane, { key, basis }: OriginalEvent): boolean {
  if (basis === undefined) return false;
  const { origins } = lane.parts;
  const expected = new Map<string, Basis>();
  for (const one of basis) {
    // Its own, authored again, stand for their originals.
    const again = authoredAs(lane, nameOf(one));
    expected.set(nameOf(again ?? one), one);
  }
  for (const { origin, originSeq } of lane.overlay.siblingsOf(key)) {
    const name = nameOf({ origin: origins.text(origin), originSeq });
    if (!expected.delete(name)) return false;
  }
  // A tombstone that everybody had may have been collected; a value is never forgotten.
  return [...expected.values()].every(({ gone, ...name }) => gone && isCollected(lane, name));
}

function isCollected(
  lane: Lane,
  { origin, originSeq }: { origin: string; originSeq: number },
): boolean {
  const { collected, incarnations } = lane.parts;
  const reach = (other: string): number => collected.frontier.get(other) ?? 0;
  return incarnations.covers(reach, origin, originSeq);
}

/** What waits, with what its keys hold now. */
export async function deadLetters(
  engine: AuthoringNode,
  letters: DeadLetterFile,
): Promise<DeadLetter[]> {
  const described: DeadLetter[] = [];
  for (const { original, why } of letters.letters()) {
    const keys: DeadLetter['keys'][number][] = [];
    for (const { key, kind, value } of original.events) {
      keys.push({ key, kind, value, current: await engine.get(key) });
    }
    const { origin, originSeq } = original;
    const reportedBy = engine.parts.identity.fingerprint;
    described.push({ id: nameOf(original), origin, originSeq, reason: why, reportedBy, keys });
  }
  return described;
}

/** Commits a dead letter now, whatever stands there, or drops it. Throws `not_found`. */
export async function retryDeadLetter(
  engine: AuthoringNode,
  letters: DeadLetterFile,
  id: string,
  { drop = false }: { readonly drop?: boolean | undefined } = {},
): Promise<Receipt | undefined> {
  const letter = letters.get(id);
  if (letter === undefined) throw new AdastraError('not_found', `no dead letter ${id}`);
  let receipt: Receipt | undefined;
  if (!drop) {
    const { original } = letter;
    const { events } = original;
    // Asked for again after a crash, it answers with the commit that is there already.
    const options = optionsOf(original, `reauthor:${id}`);
    const write = engine.writable();
    ({ receipt } = await write.transact((tx) => {
      for (const { key, kind, value } of events) {
        if (kind === 'put') tx.put(key, value);
        else tx.remove(key);
      }
    }, options));
  }
  letters.remove(id);
  return receipt;
}
