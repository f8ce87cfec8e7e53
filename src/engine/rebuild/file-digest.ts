/**
 * The digest of a file of any size, in bounded memory: SHA-256 over the SHA-256 of each piece of
 * 1 MiB, in order. Made in slices, so that a node can do it beside its work.
 */
import { ByteWriter } from '../../core/index.ts';
import type { Env, File } from '../../env/index.ts';
import type { Slices } from '../../store/checkpoint/index.ts';

const PIECE_BYTES = 1024 * 1024;

/** Throws what the disk says. */
export function* fileDigest(env: Pick<Env, 'fs' | 'crypto'>, path: string): Slices<Uint8Array> {
  const file = env.fs.open(path, 'read');
  try {
    const { sizeBytes } = file.stat();
    const digests = new ByteWriter(32 * Math.ceil(sizeBytes / PIECE_BYTES) + 32);
    const piece = new Uint8Array(Math.min(PIECE_BYTES, sizeBytes));
    for (let at = 0; at < sizeBytes; at += PIECE_BYTES) {
      const length = readFully(file, piece, at, Math.min(PIECE_BYTES, sizeBytes - at));
      digests.bytes(env.crypto.sha256(piece.subarray(0, length)));
      yield;
    }
    return env.crypto.sha256(digests.view());
  } finally {
    file.close();
  }
}

/** Bytes read: fewer than `length` only at the end of the file. */
export function readFully(file: File, target: Uint8Array, at: number, length: number): number {
  let done = 0;
  while (done < length) {
    const count = file.read(target, done, length - done, at + done);
    if (count === 0) break;
    done += count;
  }
  return done;
}
