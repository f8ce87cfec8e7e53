/**
 * The options of a write as fields of a body; the other end is daemon/write-fields.ts. What is not
 * known goes along, so that the node refuses it as one in this process would.
 */
import { jsonOf, type PutOptions, type Value } from '../core/index.ts';

/** Everything but `signal`, which stays here. */
export function writeBody(options: PutOptions): object {
  const { signal: _signal, metadata, ...rest } = options;
  return { ...rest, ...(metadata === undefined ? {} : { metadata: jsonOf(metadata as Value) }) };
}
