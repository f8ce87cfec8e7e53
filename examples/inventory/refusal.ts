/**
 * Why an operation of the inventory does not happen. Callers get `operation_failed`, whose details
 * hold this code and these facts beside the name of the operation.
 */
export class Refusal extends Error {
  readonly code: string;
  readonly details: Readonly<Record<string, string | number>>;

  constructor(code: string, message: string, details: Record<string, string | number>) {
    super(message);
    this.code = code;
    this.details = details;
  }
}

/** A refusal, to be thrown. */
export function refuse(
  code: string,
  message: string,
  details: Record<string, string | number> = {},
): Refusal {
  return new Refusal(code, message, details);
}
