/**
 * A received bundle is checked as bytes from a stranger: its shape, and for each commit whether it
 * is valid, by itself and its causal past alone, so that all nodes judge alike (design § 9).
 */
import { BundleReader, EVENT_PUT, MalformedBytes, validateEncoded } from '../../core/index.ts';
import { RECORD_BYTES_MAX } from './bundle-decision.ts';
import { WORLD_KEY_BYTES_MAX, type WorldLimits } from './world-limits.ts';

/** Against these nothing is void: they only tell bytes that are no value from values too large. */
const ANY_VALUE = { valueBytesMax: RECORD_BYTES_MAX, depthMax: 1000 };

/**
 * Reads everything once; throws `MalformedBytes` for what no honest node of this format writes.
 * Gives for each commit why it is void, by itself and its causal past alone (design § 9): it breaks
 * a world limit. Membership, roles and scopes come with sync.
 */
export function checkCommits(bytes: Uint8Array, limits: WorldLimits): (string | undefined)[] {
  const reader = new BundleReader();
  const reasons: (string | undefined)[] = [];
  reader.open(bytes, 0, bytes.length);
  for (let start = reader.offset; reader.nextCommit(); start = reader.offset) {
    const keys = new Set<string>();
    let reason = metadataFault(reader, limits);
    while (reader.nextEvent()) {
      const key = reader.checkedKey();
      if (keys.has(key)) throw new MalformedBytes(`the key ${JSON.stringify(key)} twice`);
      keys.add(key);
      const fault = eventFault(reader, bytes, limits);
      reason ??= fault;
    }
    if (keys.size === 0) throw new MalformedBytes('a commit without events');
    const size = reader.offset - start;
    if (size > limits.commitBytesMax) reason ??= `the commit takes ${size} bytes`;
    reasons.push(reason);
  }
  return reasons;
}

function metadataFault({ fields }: BundleReader, limits: WorldLimits): string | undefined {
  const metadata = fields?.metadata;
  if (metadata === undefined) return undefined;
  const { codec, bytes } = metadata;
  const { metadataBytesMax: valueBytesMax, depthMax } = limits;
  return valueFault({ codec, bytes, start: 0, end: bytes.length }, { valueBytesMax, depthMax });
}

/** A reason to void, or `undefined`; throws for a value that is not canonical. */
function eventFault(
  reader: BundleReader,
  bytes: Uint8Array,
  limits: WorldLimits,
): string | undefined {
  const { valueHead: codec, valueStart: start, valueEnd: end, keyStart, keyEnd } = reader;
  const isPut = reader.eventKind === EVENT_PUT;
  const fault = isPut ? valueFault({ codec, bytes, start, end }, limits) : undefined;
  return keyEnd - keyStart > WORLD_KEY_BYTES_MAX ? 'a key is too long' : fault;
}

/** The same on every node: what is no value at all is malformed, what is too large is void. */
function valueFault(
  value: { codec: number; bytes: Uint8Array; start: number; end: number },
  limits: { valueBytesMax: number; depthMax: number },
): string | undefined {
  const { codec, bytes, start, end } = value;
  const fault = validateEncoded(codec, bytes, start, end, limits);
  if (fault === undefined) return undefined;
  const always = validateEncoded(codec, bytes, start, end, ANY_VALUE);
  if (always !== undefined) throw new MalformedBytes(always);
  return fault;
}
