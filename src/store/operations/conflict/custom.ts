/**
 * The policy `custom`: code of the application decides, a pure and deterministic function of the
 * siblings. It is other people's code: what it throws, a promise, an answer of no known form or a
 * value over the limits of the world leaves the conflict undecided and is reported, and never fails
 * the commit that brought it about.
 */
import { AdastraError, ByteWriter, encodeValue, type Sibling } from '../../../core/index.ts';
import type { Cell, View } from '../../storage/index.ts';
import { describeSibling } from '../described-sibling.ts';
import { isThenable } from '../operation-registry.ts';
import { isRecord } from '../record.ts';
import { type PolicyContext, viewOfIndex, viewOfValue } from './policy.ts';

const NAME_LENGTH_MAX = 128;

/** What a custom policy answers: a value, one of the siblings, or that the key reads as absent. */
export type PolicyDecision =
  | { readonly value: unknown }
  | { readonly sibling: number }
  | { readonly remove: true };

/** A policy of the application. Name and version are what a rule refers to. */
export interface PolicyDefinition {
  /** 1 to 128 characters; unique in a node. */
  readonly name: string;
  /** Raised when `decide` would answer otherwise; a whole number from 1. */
  readonly version: number;
  /**
   * Pure and deterministic: nothing but the siblings, sorted by stamp, may matter. Called for
   * conflicts only, so there are at least two and one of them is a put; they are copies.
   */
  readonly decide: (siblings: readonly Sibling[]) => PolicyDecision;
}

/** Checks a definition and gives it back; throws `invalid_options`. */
export function definePolicy(definition: PolicyDefinition): PolicyDefinition {
  const { name, version, decide } = isRecord(definition) ? definition : NO_DEFINITION;
  if (typeof name !== 'string' || name.length === 0 || name.length > NAME_LENGTH_MAX) {
    throw new AdastraError('invalid_options', 'a policy needs a name of 1 to 128 characters');
  }
  if (!Number.isSafeInteger(version) || (version as number) < 1) {
    throw new AdastraError('invalid_options', `policy ${name} needs a version, a number from 1`);
  }
  if (typeof decide !== 'function') {
    throw new AdastraError('invalid_options', `policy ${name} needs decide(siblings)`);
  }
  return definition;
}

const NO_DEFINITION: { name?: unknown; version?: unknown; decide?: unknown } = {};

/** What the code makes of a conflict, or why it stays undecided. */
export function decideCustom(
  definition: PolicyDefinition,
  siblings: readonly Cell[],
  context: PolicyContext,
): View | { readonly kind: 'fault'; readonly reason: string } {
  try {
    const described = siblings.map((cell) => describeSibling(context.origins, cell));
    return viewOfDecision(definition.decide(described), siblings, context);
  } catch (error) {
    return { kind: 'fault', reason: textOf(error) };
  }
}

function viewOfDecision(
  decision: unknown,
  siblings: readonly Cell[],
  { limits }: PolicyContext,
): View | { readonly kind: 'fault'; readonly reason: string } {
  if (isThenable(decision)) {
    // Nobody waits for it; a rejection must not end the process.
    Promise.resolve(decision).catch(() => {});
    return { kind: 'fault', reason: 'it returned a promise' };
  }
  const forms = isRecord(decision)
    ? ['value', 'sibling', 'remove'].filter((name) => name in decision)
    : [];
  if (!isRecord(decision) || forms.length !== 1) {
    return {
      kind: 'fault',
      reason: 'it returned neither { value }, { sibling } nor { remove: true }',
    };
  }
  if (decision['remove'] === true) return { kind: 'absent' };
  if (forms[0] === 'sibling') {
    const index = decision['sibling'];
    if (Number.isInteger(index) && siblings[index as number] !== undefined) {
      return viewOfIndex(siblings, index as number);
    }
    return { kind: 'fault', reason: `there is no sibling ${String(index)}` };
  }
  if (forms[0] === 'remove') return { kind: 'fault', reason: 'remove is true or left out' };
  const writer = new ByteWriter(1024);
  const valueHead = encodeValue(writer, decision['value'], limits);
  return viewOfValue(siblings, valueHead, writer.toBytes());
}

function textOf(error: unknown): string {
  try {
    return error instanceof Error ? error.message : String(error);
  } catch {
    return 'it threw what has no text';
  }
}
