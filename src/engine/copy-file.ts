/**
 * Copies one file, durably, a piece at a time with a turn of the event loop between.
 */
import type { Env } from '../env/index.ts';

const PIECE_BYTES = 4 * 1024 * 1024;

/** Copies the first `length` bytes (default: all) of `from` to a new file; returns bytes copied. */
export async function copyFile(
  env: Env,
  from: string,
  to: string,
  length?: number,
): Promise<number> {
  const source = env.fs.open(from, 'read');
  try {
    const target = env.fs.open(to, 'create');
    try {
      const total = Math.min(length ?? Number.POSITIVE_INFINITY, source.stat().sizeBytes);
      const piece = new Uint8Array(Math.min(PIECE_BYTES, Math.max(1, total)));
      for (let at = 0; at < total; ) {
        const count = source.read(piece, 0, Math.min(piece.length, total - at), at);
        if (count === 0) break;
        for (let done = 0; done < count; )
          done += target.write(piece, done, count - done, at + done);
        at += count;
        await new Promise<void>((resolve) => env.timers.soon(resolve));
      }
      target.sync();
      return total;
    } finally {
      target.close();
    }
  } finally {
    source.close();
  }
}
