/**
 * One row of an input file, whatever its format, and what turns bytes into rows.
 */

/** A row as plain JSON, not yet checked. */
export interface Row {
  /** Line of the file in which it begins, from 1 on. */
  readonly line: number;
  readonly json: unknown;
  /** How many bytes of the file it takes, about. */
  readonly bytes: number;
}

/** Cuts blocks of bytes into rows as they come. Throws `import_invalid` naming the line. */
export interface RowSplitter {
  push(block: Uint8Array): Row[];
  end(): Row[];
}

/** No row may be longer: it would not fit into a commit. */
export const ROW_BYTES_MAX: number = 8 * 1024 * 1024;
