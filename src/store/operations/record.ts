/**
 * Whether a value is an object with named properties: what the arguments of built-in operations
 * are.
 */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
