/**
 * Verifying a directory: every byte of log and checkpoints, in slices, beside a running writer. The
 * log layer checks frames and digests; here the chain of each origin's bundles is followed as well,
 * and that each bundle can be read.
 */
import {
  AdastraError,
  BundleReader,
  equalBytes,
  MalformedBytes,
  NeedsNewerLevel,
  Vector,
} from '../core/index.ts';
import type { Env } from '../env/index.ts';
import { listCheckpoints, runSlices, verifyCheckpoint } from '../store/checkpoint/index.ts';
import { chainDigest } from '../store/transactions/index.ts';
import { verifyLog } from '../wal/index.ts';
import { checkpointDirectory } from './directory.ts';
import type { VerifyReport } from './node-api.ts';

export interface VerifySettings {
  readonly signal?: AbortSignal;
  readonly onProgress?: (doneBytes: number, totalBytes: number) => void;
}

type Problem = VerifyReport['problems'][number];

/**
 * Never throws for damage: it is in the report. Beside a writer, what was read early and what was
 * read late can look like damage between them, so only what is found twice counts.
 */
export async function verifyDirectory(
  env: Env,
  dataDir: string,
  settings: VerifySettings = {},
): Promise<VerifyReport> {
  const first = await verifyOnce(env, dataDir, settings);
  if (first.report.ok) return first.report;
  const second = await verifyOnce(env, dataDir, settings);
  const isConfirmed = ({ file, offset }: Problem): boolean =>
    first.report.problems.some((problem) => problem.file === file && problem.offset === offset);
  return {
    ...second.report,
    ok: !second.harmful.some(isConfirmed),
    problems: second.report.problems.filter(isConfirmed),
  };
}

async function verifyOnce(
  env: Env,
  dataDir: string,
  settings: VerifySettings,
): Promise<{ report: VerifyReport; harmful: readonly Problem[] }> {
  const chains = new BundleChains(env);
  const work = verifyLog(env, dataDir, {
    checkBundle: (bytes, digest) => chains.check(bytes, digest),
  });
  let step = work.next();
  while (step.done !== true) {
    settings.onProgress?.(step.value.bytes, step.value.bytesTotal);
    await pause(env, settings.signal);
    step = work.next();
  }
  const log = step.value;
  const harmful: Problem[] = log.problems.filter(({ severity }) => severity === 'damage');
  const torn: Problem[] = log.problems.filter(({ severity }) => severity === 'torn');
  const listed = listCheckpoints(env, checkpointDirectory(env, dataDir));
  for (const { file, seq } of listed) {
    const verified = await runSlices(env, verifyCheckpoint(env, file));
    if (verified.ok) continue;
    const { details, message } = verified.error;
    const offset = typeof details['offset'] === 'number' ? details['offset'] : 0;
    harmful.push({ file, offset, reason: message, seq });
  }
  const report = {
    ok: harmful.length === 0,
    segments: log.segments,
    batches: log.batches,
    commits: chains.commits,
    bytes: log.bytes,
    headSeq: log.headSeq,
    checkpoints: listed.length,
    problems: [...harmful, ...torn],
  };
  return { report, harmful };
}

async function pause(env: Env, signal: AbortSignal | undefined): Promise<void> {
  if (signal?.aborted === true) throw new AdastraError('aborted', 'the verification was aborted');
  await new Promise<void>((resolve) => env.timers.soon(resolve));
}

/** Follows the chain digest of each origin through the log. */
class BundleChains {
  readonly #env: Env;
  readonly #vector = new Vector();
  readonly #reader = new BundleReader();
  commits = 0;

  constructor(env: Env) {
    this.#env = env;
  }

  check(authored: Uint8Array, digest: Uint8Array): string | undefined {
    const reader = this.#reader;
    try {
      reader.open(authored, 0, authored.length);
      while (reader.nextCommit()) while (reader.nextEvent());
    } catch (error) {
      const isUnreadable = error instanceof MalformedBytes || error instanceof NeedsNewerLevel;
      if (isUnreadable) return `bundle: ${error.message}`;
      throw error;
    }
    const { origin, firstOriginSeq, commitCount } = reader;
    this.commits += commitCount;
    const last = firstOriginSeq + commitCount - 1;
    const known = this.#vector.originSeqOf(origin);
    const wanted = chainDigest(this.#env.crypto, this.#vector.digestOf(origin), authored);
    this.#vector.advance(origin, Math.max(last, known + 1), new Uint8Array(digest));
    // Where the log begins behind retention, the first bundle of an origin cannot be judged.
    if (known === 0 && firstOriginSeq > 1) return undefined;
    if (known !== firstOriginSeq - 1)
      return `a gap in the commits of ${origin} before ${firstOriginSeq}`;
    return equalBytes(wanted, digest) ? undefined : `chain digest of ${origin} at ${last}`;
  }
}
