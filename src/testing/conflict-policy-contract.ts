/**
 * The contract of a custom conflict policy: what every node relies on, tried case by case on
 * siblings that you give. Siblings arrive one after another in any order, as they do in a world,
 * and are shown to the policy sorted by stamp, as the engine does; only the end result counts.
 * Whether another version of Node gives the same is for `policyDigest`, run on both.
 */
import { crc32, DEFAULT_LIMITS, hexOf, type ValueLimits } from '../core/index.ts';
import { decideCustom, isConflict, type PolicyDefinition } from '../store/operations/index.ts';
import { type Cell, compareStamps, type View } from '../store/storage/index.ts';
import { check, checkEqual, type ContractCase } from './contract-case.ts';
import { resolveEndsConflict } from './conflict-pair.ts';
import { trapped } from './determinism-trap.ts';
import { type PolicySample, SAMPLE_ORIGINS, sampleCells } from './policy-sample.ts';

export type { PolicySample, SampleSibling } from './policy-sample.ts';

/** Orders of arrival that are tried for each sample. */
const ORDERS_MAX = 120;
/** Bytes of a value that are compared as they are. */
const SHOWN_BYTES = 1024;
const NODE_KEY_ID = '00'.repeat(16);

/**
 * The cases, for one policy and at least one sample that is a conflict: lists of siblings, smallest
 * stamp first. Take samples from what your application really writes, removes among them.
 */
export function conflictPolicyContract(
  policy: PolicyDefinition,
  samples: readonly PolicySample[],
): ContractCase[] {
  const conflicts = samples.map(sampleCells).filter(isConflict);
  const over = (what: (cells: readonly Cell[]) => void) => async (): Promise<void> => {
    check(conflicts.length > 0, 'give samples with different values, or a put and a remove');
    for (const cells of conflicts) what(cells);
  };
  return [
    { name: 'answers every conflict', run: over((cells) => answersAlways(policy, cells)) },
    { name: 'the same siblings twice, the same bytes', run: over((cells) => twice(policy, cells)) },
    { name: 'whatever order they arrived in', run: over((cells) => anyOrder(policy, cells)) },
    { name: 'no clock and no randomness', run: over((cells) => noChance(policy, cells)) },
    { name: 'within the limits of values', run: over((cells) => withinLimits(policy, cells)) },
    {
      name: 'a resolve ends the conflict on every node',
      run: () => resolveEndsConflict(policy, samples),
    },
  ];
}

/**
 * What the policy makes of the samples, as short text: equal texts from two processes, machines or
 * versions of Node say that they decide alike.
 */
export function policyDigest(policy: PolicyDefinition, samples: readonly PolicySample[]): string {
  const text = samples.map((sample) => outcomeOf(policy, sampleCells(sample))).join('\n');
  const bytes = new TextEncoder().encode(text);
  const sum = crc32(bytes).toString(16).padStart(8, '0');
  return `${samples.length}-${bytes.length}-${sum}`;
}

const ANY_SIZE: ValueLimits = { valueBytesMax: Number.MAX_SAFE_INTEGER, depthMax: 1000 };

function decide(
  policy: PolicyDefinition,
  cells: readonly Cell[],
  limits: ValueLimits = ANY_SIZE,
): ReturnType<typeof decideCustom> {
  return decideCustom(policy, cells, { origins: SAMPLE_ORIGINS, keyId: NODE_KEY_ID, limits });
}

function outcomeOf(policy: PolicyDefinition, cells: readonly Cell[]): string {
  const view = decide(policy, cells);
  return view.kind === 'fault' ? `fault ${view.reason}` : textOf(view);
}

function textOf(view: View): string {
  if (view.kind === 'sibling') return `sibling ${view.index}`;
  if (view.kind !== 'value') return view.kind;
  const { valueHead, bytes } = view;
  // Large values by length and sum: enough to tell two apart that are not meant to deceive.
  const shown = bytes.length <= SHOWN_BYTES ? hexOf(bytes) : crc32(bytes);
  return `value ${valueHead} ${bytes.length} ${shown}`;
}

function answersAlways(policy: PolicyDefinition, cells: readonly Cell[]): void {
  const view = decide(policy, cells);
  if (view.kind === 'fault') check(false, `an answer, but ${view.reason}`);
}

function twice(policy: PolicyDefinition, cells: readonly Cell[]): void {
  const first = outcomeOf(policy, cells);
  for (let round = 0; round < 4; round++) {
    checkEqual(outcomeOf(policy, cells), first, 'the same siblings again');
  }
}

function anyOrder(policy: PolicyDefinition, cells: readonly Cell[]): void {
  const expected = outcomeOf(policy, cells);
  let tried = 0;
  for (const order of ordersOf(cells)) {
    let siblings: Cell[] = [];
    let outcome = '';
    for (const cell of order) {
      siblings = [...siblings, cell].sort((a, b) => compareStamps(a, b, SAMPLE_ORIGINS));
      if (isConflict(siblings)) outcome = outcomeOf(policy, siblings);
    }
    checkEqual(outcome, expected, 'the same siblings in another order of arrival');
    if (++tried >= ORDERS_MAX) return;
  }
}

function* ordersOf(cells: readonly Cell[]): Generator<readonly Cell[], void, undefined> {
  if (cells.length < 2) yield cells;
  else {
    for (const [index, last] of cells.entries()) {
      const others = cells.filter((_, at) => at !== index);
      for (const order of ordersOf(others)) yield [...order, last];
    }
  }
}

function noChance(policy: PolicyDefinition, cells: readonly Cell[]): void {
  const used = trapped(() => decide(policy, cells));
  check(used.length === 0, `a function of the siblings alone, but it uses ${used.join(', ')}`);
}

function withinLimits(policy: PolicyDefinition, cells: readonly Cell[]): void {
  const view = decide(policy, cells, DEFAULT_LIMITS);
  if (view.kind === 'fault') check(false, `a value within the limits, but ${view.reason}`);
}
