/**
 * Metadata that another node sent, made fit to be shown: known fields only, bounded, and nothing in
 * them that a terminal would obey. What is too long is cut; what is no metadata at all is
 * `MalformedBytes`. It is for people: nobody is trusted for what stands here.
 */
import { MalformedBytes, type NodeMetadata } from '../core/index.ts';

const NODE_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const TEXT_MAX = 128;
const CAPABILITIES_MAX = 64;
const CAPABILITY_MAX = 64;
/**
 * Control characters, invisible ones that change how text reads (direction, tags), line breaks,
 * lone surrogates. The two joiners stay: some scripts are misspelt without them.
 */
const UNFIT = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** Texts at most 128 characters, at most 64 capabilities. Throws `MalformedBytes`. */
export function checkMetadata(value: unknown): NodeMetadata {
  if (typeof value !== 'object' || value === null) throw new MalformedBytes('no metadata');
  const fields = value as Record<string, unknown>;
  const nodeId = fields['nodeId'];
  if (typeof nodeId !== 'string' || !NODE_ID.test(nodeId)) {
    throw new MalformedBytes('metadata: nodeId is no name');
  }
  return {
    nodeId,
    displayName: textOf(fields, 'displayName') || nodeId,
    hostname: textOf(fields, 'hostname'),
    platform: textOf(fields, 'platform'),
    version: textOf(fields, 'version'),
    capabilities: capabilitiesOf(fields['capabilities']),
    startedAtMs: numberOf(fields, 'startedAtMs'),
    uptimeMs: numberOf(fields, 'uptimeMs'),
  };
}

function textOf(fields: Record<string, unknown>, name: string): string {
  const value = fields[name];
  if (typeof value !== 'string') throw new MalformedBytes(`metadata: ${name} is no text`);
  return shown(value, TEXT_MAX);
}

function capabilitiesOf(value: unknown): readonly string[] {
  if (!Array.isArray(value)) throw new MalformedBytes('metadata: capabilities is no list');
  return value.slice(0, CAPABILITIES_MAX).map((each: unknown) => {
    if (typeof each !== 'string') throw new MalformedBytes('metadata: a capability is no text');
    return shown(each, CAPABILITY_MAX);
  });
}

function numberOf(fields: Record<string, unknown>, name: string): number {
  const value = fields[name];
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new MalformedBytes(`metadata: ${name} is no time`);
}

/** For a log or a terminal: at most 500 characters, none that a terminal would obey. */
export function shownText(text: string): string {
  return shown(text, 500);
}

/** Cut before it is cleaned, so that the work is bounded, and never inside a character. */
function shown(text: string, max: number): string {
  return [...text.slice(0, max * 4).replace(UNFIT, '')].slice(0, max).join('').trim();
}
