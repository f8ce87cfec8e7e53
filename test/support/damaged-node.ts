/**
 * A small node on a real disk with several segments and, if wanted, checkpoints, as an image of
 * files; and the judgement over an altered copy of it: whatever was done to the files is reported,
 * or what a reader gets is what was acknowledged.
 */
import {
  AdastraError,
  Client,
  type VerifyReport,
  verifyDirectory,
} from '../../src/client/index.ts';
import { type Image, imageOf, writeImage } from './folder.ts';

/** Limits under which a segment takes 8 KiB. */
export const SMALL_LIMITS = {
  keyBytesMax: 128,
  valueBytesMax: 2048,
  metadataBytesMax: 1024,
  commitBytesMax: 8192,
  segmentBytes: 8192,
} as const;

/** A closed node: its files and what it had acknowledged. */
export interface ClosedNode {
  readonly image: Image;
  readonly seq: number;
  readonly stateHash: string;
  readonly contentHash: string;
  /** Every commit as text, by seq from 1. */
  readonly commits: readonly string[];
}

/**
 * Makes it in `folder`: `puts` commits, checkpoints after those whose count `checkpoints` names.
 */
export async function closedNode(
  folder: string,
  { puts, checkpoints = [] }: { puts: number; checkpoints?: readonly number[] },
): Promise<ClosedNode> {
  const options = { dataDir: folder, limits: SMALL_LIMITS, checkpointBytes: 0 };
  const client = await Client.open(options);
  for (let index = 0; index < puts; index++) {
    await client.put(`k/${index % 97}`, { index, filler: 'z'.repeat(index % 200) });
    if (checkpoints.includes(index + 1)) await client.checkpoint();
  }
  await client.close();
  const reader = await Client.open({ ...options, readOnly: true });
  const hashes = await reader.hashes();
  const commits = await commitsOf(reader);
  await reader.close();
  return { image: imageOf(folder), ...hashes, commits };
}

/** Every commit from the base on, each as text. */
export async function commitsOf(client: Client): Promise<string[]> {
  const commits: string[] = [];
  for await (const commit of client.changes({ from: 1, live: false, system: true })) {
    commits.push(JSON.stringify(commit, (_, value: unknown) => plain(value)));
  }
  return commits;
}

function plain(value: unknown): unknown {
  return value instanceof Uint8Array ? [...value] : value;
}

/** What an altered copy gave. */
export interface Judgement {
  readonly verify: VerifyReport | AdastraError;
  /** What opening for writing threw. */
  readonly refused: AdastraError | undefined;
  readonly seq: number;
  readonly stateHash: string;
  /** Every commit, or what reading them threw. */
  readonly commits: readonly string[] | AdastraError;
  readonly rejected: readonly { readonly file: string; readonly reason: string }[];
  readonly tornBytes: number;
  readonly cleanClose: boolean;
}

/** Verifies and opens a copy. Whatever is thrown that is not an `AdastraError` fails the test. */
export async function judge(folder: string, image: Image): Promise<Judgement> {
  writeImage(folder, image);
  const verify = await ours(() => verifyDirectory(folder));
  const client = await ours(() => Client.open({ dataDir: folder, limits: SMALL_LIMITS }));
  if (client instanceof AdastraError) {
    const nothing = {
      seq: 0,
      stateHash: '',
      commits: [],
      rejected: [],
      tornBytes: 0,
      cleanClose: false,
    };
    return { ...nothing, verify, refused: client };
  }
  try {
    const { seq, stateHash } = await client.hashes();
    const { rejectedCheckpoints: rejected, tornBytes, cleanClose } = client.recovery;
    const commits = await ours(() => commitsOf(client));
    return { verify, refused: undefined, seq, stateHash, commits, rejected, tornBytes, cleanClose };
  } finally {
    await client.close();
  }
}

/** Runs it; an error of ours is an answer. */
export async function ours<T>(run: () => Promise<T>): Promise<T | AdastraError> {
  try {
    return await run();
  } catch (error) {
    if (AdastraError.is(error)) return error;
    throw error;
  }
}

/** Problems that verification named, or the one error that it ended with. */
export function problemsOf({ verify }: Judgement): { file: string; reason: string }[] {
  if (!(verify instanceof AdastraError)) return [...verify.problems];
  const file = verify.details['file'];
  return [{ file: typeof file === 'string' ? file : '', reason: verify.message }];
}
