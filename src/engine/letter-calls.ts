/**
 * The calls of `PeerApi` about own commits that did not get through: void or refused elsewhere, or
 * not to be authored again by themselves; and about a clock that ran ahead.
 */
import { AdastraError, type ChangedKey, type Receipt, Vector } from '../core/index.ts';
import { commitsOf, type LogCommit, type Writes } from '../store/transactions/index.ts';
import type { DeadLetterMark } from '../sync/index.ts';
import type { EngineParts } from './engine-parts.ts';
import type { ClockRepairReport, DeadLetter, PeerApi } from './peer-api.ts';
import { CLOCK_JUMPED } from './peering/clock-warning.ts';
import type { Peering } from './peering/peering.ts';
import type { Replacement } from './replacement.ts';

export type LetterCalls = Pick<PeerApi, 'deadLetters' | 'retryDeadLetter' | 'clockRepair'>;

/** What these calls need of a node; an engine. */
export interface LetterSource {
  readonly parts: EngineParts;
  readonly replacement: Replacement | undefined;
  writable(): Writes;
}

export function letterCalls(source: LetterSource, peering: () => Peering): LetterCalls {
  return {
    deadLetters: async () => [
      ...((await source.replacement?.waitingLetters()) ?? []),
      ...reported(source, peering()).map(({ mark, commit }) => describe(source, mark, commit)),
    ],
    retryDeadLetter: async (id, options) => retry(source, peering(), id, options?.drop === true),
    clockRepair: async () => repairClock(source, peering()),
  };
}

interface Reported {
  readonly mark: DeadLetterMark;
  readonly commit: LogCommit | undefined;
}

/** Own commits that peers reported as void or refused, with what stands in the log of them. */
function reported({ parts }: LetterSource, { driver }: Peering): Reported[] {
  const marks = new Map(driver.sync.view.deadLetters().map((mark) => [mark.id, mark]));
  if (marks.size === 0) return [];
  const { log } = parts;
  const found = new Map<string, LogCommit>();
  const window = { fromSeq: log.baseSeq + 1, toSeq: log.headSeq };
  for (const batch of log.read(window.fromSeq)) {
    for (const commit of commitsOf(batch, window)) {
      const id = `${commit.origin}/${commit.originSeq}`;
      if (marks.has(id)) found.set(id, commit);
    }
  }
  return [...marks.values()].map((mark) => ({ mark, commit: found.get(mark.id) }));
}

function describe(
  { parts }: LetterSource,
  { id, origin, originSeq, reason, reportedBy }: DeadLetterMark,
  commit: LogCommit | undefined,
): DeadLetter {
  const { storage } = parts.replica;
  const keys = (commit?.events ?? []).map(({ key, kind, value }) => {
    return { key, kind, value, current: storage.get(key) };
  });
  return { id, origin, originSeq, reason, reportedBy, keys };
}

async function retry(
  source: LetterSource,
  peering: Peering,
  id: string,
  drop: boolean,
): Promise<Receipt | undefined> {
  const { replacement } = source;
  if (replacement?.letters.has(id) === true) return replacement.retryWaiting(id, drop);
  const letter = reported(source, peering).find(({ mark }) => mark.id === id);
  if (letter === undefined) throw notThere(id);
  const events = letter.commit?.events;
  if (!drop && events === undefined) {
    throw new AdastraError('history_truncated', `the commit ${id} is no longer in this log`, {
      hint: 'write its keys again by hand, then drop the letter',
      details: { id },
    });
  }
  const receipt = drop ? undefined : await again(source, id, events ?? []);
  peering.driver.sync.settleDeadLetter(id);
  return receipt;
}

async function again(
  source: LetterSource,
  id: string,
  events: readonly ChangedKey[],
): Promise<Receipt> {
  const { receipt } = await source.writable().transact(
    (tx) => {
      for (const { key, kind, value } of events) {
        if (kind === 'put') tx.put(key, value);
        else tx.remove(key);
      }
    },
    { commandId: `redrive:${id}`, reason: `committed anew, first as ${id}` },
  );
  return receipt;
}

async function repairClock(source: LetterSource, peering: Peering): Promise<ClockRepairReport> {
  const { vector } = source.parts.replica;
  const { fingerprint } = source.parts.identity;
  const taken = new Vector();
  for (const [origin, { digest }] of vector.entries()) {
    if (!origin.startsWith(`${fingerprint}.`)) continue;
    const reached = peering.driver.sync.view.takenOf(origin);
    if (reached > 0) taken.advance(origin, reached, digest);
  }
  source.writable();
  const report = await source.replacement?.repairClock(taken);
  peering.warnings.end(CLOCK_JUMPED);
  return {
    reauthored: report?.reauthored ?? 0,
    deadLetters: report?.deadLetters ?? 0,
    stampsFromMs: report?.stampsFromMs ?? 0,
  };
}

function notThere(id: string): AdastraError {
  return new AdastraError('not_found', `there is no dead letter ${JSON.stringify(id)}`, {
    hint: 'adastra sync outbox lists them',
    details: { id },
  });
}
