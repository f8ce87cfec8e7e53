/**
 * What a script learns from the exit code, one number for each kind of trouble, and the one table
 * from error codes to it. The numbers are part of the interface: they never change their meaning.
 */
import { AdastraError, type ErrorCode } from '../core/index.ts';

/** The exit codes of every command. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  conflict: 4,
  damaged: 5,
  locked: 6,
  unknownOutcome: 7,
  tryLater: 75,
  interrupted: 130,
} as const;

/** Exit code of every error code; a new error code does not compile until it stands here. */
export const EXIT_BY_ERROR: Readonly<Record<ErrorCode, number>> = {
  invalid_options: EXIT.usage,
  invalid_argument: EXIT.usage,
  invalid_key: EXIT.usage,
  invalid_value: EXIT.usage,
  reserved_key: EXIT.usage,
  limit_exceeded: EXIT.usage,
  not_found: EXIT.notFound,
  already_exists: EXIT.conflict,
  condition_failed: EXIT.conflict,
  command_mismatch: EXIT.conflict,
  operation_unknown: EXIT.usage,
  operation_invalid: EXIT.usage,
  operation_failed: EXIT.failed,
  revert_refused: EXIT.conflict,
  async_transaction: EXIT.failed,
  nested_write: EXIT.failed,
  history_truncated: EXIT.failed,
  reset: EXIT.failed,
  closed: EXIT.failed,
  read_only: EXIT.failed,
  locked: EXIT.locked,
  lock_unavailable: EXIT.failed,
  overloaded: EXIT.tryLater,
  aborted: EXIT.interrupted,
  timeout: EXIT.tryLater,
  not_yet: EXIT.tryLater,
  projection_unknown: EXIT.notFound,
  projection_failed: EXIT.failed,
  unauthenticated: EXIT.failed,
  misdirected: EXIT.failed,
  unavailable: EXIT.failed,
  // Not `notFound`: a script that takes 3 for "no such key" must not take a wrong directory for it.
  not_initialized: EXIT.failed,
  not_a_directory: EXIT.failed,
  permission_denied: EXIT.failed,
  world_mismatch: EXIT.conflict,
  upgrade_needed: EXIT.failed,
  log_damaged: EXIT.damaged,
  checkpoint_damaged: EXIT.damaged,
  identity_damaged: EXIT.damaged,
  disk_full: EXIT.tryLater,
  io_error: EXIT.failed,
  unknown_outcome: EXIT.unknownOutcome,
  latched: EXIT.failed,
  import_invalid: EXIT.usage,
  import_mismatch: EXIT.conflict,
  backup_invalid: EXIT.damaged,
  invalid_host: EXIT.usage,
  invalid_port: EXIT.usage,
  port_in_use: EXIT.tryLater,
  forbidden: EXIT.failed,
  invite_invalid: EXIT.usage,
  invite_refused: EXIT.failed,
  joining: EXIT.tryLater,
  peer_unknown: EXIT.notFound,
  peer_ambiguous: EXIT.usage,
  peer_unreachable: EXIT.tryLater,
  peer_unproven: EXIT.failed,
  peer_refused: EXIT.failed,
  version_mismatch: EXIT.failed,
};

/** Exit code for anything thrown; what is not ours is a failure. */
export function exitCodeOf(error: unknown): number {
  return AdastraError.is(error) ? (EXIT_BY_ERROR[error.code] ?? EXIT.failed) : EXIT.failed;
}
