/**
 * A checkpoint of the source into the follower's own directory: needed where the log begins behind
 * commits that were let go. It has its name only when it is whole and durable; whether it can be
 * used is found out by loading it.
 */
import { AdastraError } from '../../core/index.ts';
import type { Env } from '../../env/index.ts';
import { checkpointName } from '../../store/checkpoint/index.ts';
import { checkpointDirectory, makeDirectories } from '../directory.ts';
import type { RemoteLog } from './remote-log.ts';
import type { LogDescription } from './source.ts';

const ASIDE = 'checkpoint.copying';

/** Copies the newest one. Throws `checkpoint_damaged` where the source has none. */
export async function copyCheckpoint(
  { env, dataDir, remote }: { env: Env; dataDir: string; remote: RemoteLog },
  described: LogDescription,
  signal: AbortSignal,
): Promise<void> {
  const wanted = described.checkpoints.find(({ seq }) => seq >= described.baseSeq);
  if (wanted === undefined) {
    throw new AdastraError('checkpoint_damaged', 'the source has no checkpoint to begin with', {
      hint: 'write one there with adastra checkpoint; the follower then begins from it',
      details: { baseSeq: described.baseSeq },
    });
  }
  const { fs } = env;
  const aside = fs.resolve(dataDir, ASIDE);
  if (fs.stat(aside) !== undefined) fs.removeFile(aside);
  const file = fs.open(aside, 'create');
  try {
    for (let at = 0; at < wanted.bytes; ) {
      const bytes = await remote.checkpoint(wanted.seq, at, signal);
      if (bytes.length === 0) {
        throw new AdastraError('unavailable', 'the source gave less than it told of');
      }
      for (let done = 0; done < bytes.length; ) {
        done += file.write(bytes, done, bytes.length - done, at + done);
      }
      at += bytes.length;
    }
    file.sync();
  } finally {
    file.close();
  }
  const directory = checkpointDirectory(env, dataDir);
  makeDirectories(env, directory);
  fs.rename(aside, fs.resolve(directory, checkpointName(wanted.seq)));
  fs.syncDirectory(directory);
}
