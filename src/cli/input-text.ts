/**
 * Reads a whole stream as text, strictly UTF-8, within a bound.
 */
import { AdastraError } from '../core/index.ts';
import type { InputStream } from './terminal.ts';

const BYTES_MAX = 16 * 1024 * 1024;

/** All of `stream`; `invalid_value` if it is not UTF-8, `limit_exceeded` above 16 MiB. */
export async function readAllText(stream: InputStream): Promise<string> {
  const blocks: Buffer[] = [];
  let bytes = 0;
  for await (const block of stream) {
    const buffer = typeof block === 'string' ? Buffer.from(block) : block;
    bytes += buffer.length;
    if (bytes > BYTES_MAX) {
      throw new AdastraError('limit_exceeded', 'stdin holds more than 16 MiB', {
        details: { limitName: 'stdinBytesMax', limit: BYTES_MAX },
      });
    }
    blocks.push(buffer);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(blocks));
  } catch (cause) {
    throw new AdastraError('invalid_value', 'stdin is not UTF-8 text', { cause });
  }
}
