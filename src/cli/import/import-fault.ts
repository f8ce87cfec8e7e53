/**
 * Bad input of an import, always with the line it is in.
 */
import { AdastraError } from '../../core/index.ts';

/** `import_invalid` at a line (from 1 on). */
export function badRow(line: number, what: string, cause?: unknown): AdastraError {
  return new AdastraError('import_invalid', `line ${line}: ${what}`, { details: { line }, cause });
}
