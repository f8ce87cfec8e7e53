/**
 * The one error that the public surface throws, and its codes. A code is stable: programs branch on
 * it. Each is explained in docs/errors.md (what happened, what it means for your data, what to do);
 * a test holds the two lists equal.
 */

/** Every code, with whether trying the same call again later can help. */
export const ERROR_CODES = {
  // How the call was made
  invalid_options: false,
  invalid_argument: false,
  invalid_key: false,
  invalid_value: false,
  invalid_host: false,
  invalid_port: false,
  reserved_key: false,
  limit_exceeded: false,
  // What the data says
  not_found: false,
  already_exists: false,
  condition_failed: false,
  command_mismatch: false,
  operation_unknown: false,
  operation_invalid: false,
  operation_failed: false,
  revert_refused: false,
  async_transaction: false,
  nested_write: false,
  history_truncated: false,
  reset: false,
  // What state the node is in
  closed: false,
  read_only: false,
  locked: true,
  lock_unavailable: false,
  overloaded: true,
  aborted: true,
  timeout: true,
  unavailable: false,
  not_yet: true,
  projection_unknown: false,
  projection_failed: false,
  unauthenticated: false,
  misdirected: false,
  // What the disk says
  not_initialized: false,
  not_a_directory: false,
  permission_denied: false,
  port_in_use: true,
  world_mismatch: false,
  upgrade_needed: false,
  log_damaged: false,
  checkpoint_damaged: false,
  identity_damaged: false,
  disk_full: true,
  io_error: false,
  /** Outcome unknown: a flush failed; the commit may or may not be there after the next open. */
  unknown_outcome: false,
  /** A flush failed earlier: writes are refused until the node is opened again. */
  latched: false,
  // What other nodes say
  forbidden: false,
  invite_invalid: false,
  invite_refused: false,
  joining: true,
  peer_unknown: false,
  peer_ambiguous: false,
  peer_unreachable: true,
  peer_unproven: false,
  peer_refused: false,
  version_mismatch: false,
  // What a file to import or restore says
  import_invalid: false,
  import_mismatch: false,
  backup_invalid: false,
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

export interface ErrorOptions {
  /** What to do about it, one sentence. */
  readonly hint?: string;
  /** Facts for programs: paths, offsets, seqs, actual values. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

const BRAND = Symbol.for('adastra-db.error');

/** Thrown by every public call that fails for a reason a caller can meet. */
export class AdastraError extends Error {
  override readonly name = 'AdastraError';
  readonly code: ErrorCode;
  /** Whether the same call can succeed later without any change. */
  readonly retryable: boolean;
  readonly hint: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = ERROR_CODES[code];
    this.hint = options.hint;
    this.details = options.details ?? {};
    Object.defineProperty(this, BRAND, { value: true });
  }

  /** Whether `value` is one of ours, across copies of the package. */
  static is(value: unknown): value is AdastraError {
    return typeof value === 'object' && value !== null && BRAND in value;
  }

  toJSON(): {
    code: ErrorCode;
    message: string;
    hint?: string;
    retryable: boolean;
    details: object;
  } {
    const hint = this.hint === undefined ? {} : { hint: this.hint };
    return {
      code: this.code,
      message: this.message,
      ...hint,
      retryable: this.retryable,
      details: this.details,
    };
  }
}
