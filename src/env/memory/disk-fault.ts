/**
 * How a test makes the memory disk fail: a hook before each operation that may let it pass, answer
 * with a fault, or throw. Operations that can change the disk are numbered from 0, so that a
 * workload can be frozen before each of them in turn; reads have a hook of their own and no
 * numbers.
 */

/** Operations that can change what is visible or durable. */
export type ChangeKind =
  | 'create'
  | 'write'
  | 'truncate'
  | 'sync'
  | 'makeDirectory'
  | 'rename'
  | 'removeFile'
  | 'removeDirectory'
  | 'syncDirectory'
  | 'lock';

/** Operations that cannot. */
export type ReadKind = 'open' | 'read' | 'list' | 'stat';

/** One operation about to happen. `path` is the name the file was opened under. */
export interface DiskOperation<Kind = ChangeKind> {
  /** 0, 1, 2 … over all changing operations; for reads the number of the next changing one. */
  readonly index: number;
  readonly kind: Kind;
  readonly path: string;
}

/** Codes that a disk can answer with. */
export type FaultCode =
  | 'EIO'
  | 'ENOSPC'
  | 'EACCES'
  | 'EROFS'
  | 'EDQUOT'
  | 'EMFILE'
  | 'EPERM'
  | 'EBUSY';

/**
 * `error`: the operation throws with this code and does nothing else, but a failed `sync` loses
 * what it should have made durable for good (it stays visible). `shortWrite`: a write takes this
 * many bytes only and says so; other operations ignore it.
 */
export type Fault =
  | { readonly error: FaultCode; readonly shortWrite?: never }
  | { readonly shortWrite: number; readonly error?: never };

/** Called before each operation; a `Frozen` thrown from it freezes the file system. */
export type OperationHook<Kind = ChangeKind> = (
  operation: DiskOperation<Kind>,
) => Fault | undefined;

/** The power is off: thrown by every call on a frozen file system. */
export class Frozen extends Error {
  override readonly name = 'Frozen';
  readonly code = 'EFROZEN';

  constructor(message = 'the file system is frozen') {
    super(message);
  }
}

const DESCRIPTIONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EBADF: 'bad file descriptor',
  EEXIST: 'file already exists',
  EINVAL: 'invalid argument',
  EIO: 'i/o error',
  EISDIR: 'illegal operation on a directory',
  ELOCKED: 'the lock is held',
  ENOENT: 'no such file or directory',
  ENOSPC: 'no space left on device',
  ENOTDIR: 'not a directory',
  ENOTEMPTY: 'directory not empty',
};

/** An error as Node's file system throws them: `CODE: description, operation 'path'`. */
export function diskError(code: string, operation: string, path: string): Error {
  const message = `${code}: ${DESCRIPTIONS[code] ?? 'operation failed'}, ${operation} '${path}'`;
  return Object.assign(new Error(message), { code, syscall: operation, path });
}
