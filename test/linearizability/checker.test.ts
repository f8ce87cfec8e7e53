/**
 * The checker itself: small histories by hand, each right or with one fault that it must name.
 */
import { describe, expect, it } from 'vitest';
import type { AnyOperation } from '../../src/store/operations/index.ts';
import { checkHistory } from './checker.ts';
import type {
  Claim,
  CommitOperation,
  Logged,
  Operation,
  Outcome,
  ReadOperation,
} from './history.ts';

/** Adds to a counter; refused below nothing. */
const add: AnyOperation = {
  name: 'add',
  version: 1,
  handler: (context, { key, by }: { key: string; by: number }) => {
    const left = ((context.get(key) as number | undefined) ?? 0) + by;
    if (left < 0) throw new Error('below nothing');
    context.put(key, left);
  },
};

type When = readonly [began: number, ended: number];

function span(client: string, [began, ended]: When) {
  return { client, began, ended, beganMs: began * 1000, endedMs: ended * 1000 };
}

function commit(id: string, by: number, when: When, outcome: Outcome): CommitOperation {
  const calls = [{ op: 'add', args: { key: 'n', by } }];
  return { kind: 'commit', commandId: id, calls, outcome, ...span(id, when) };
}

const committed = (seq: number): Outcome => ({ kind: 'committed', seq });
const refused: Outcome = { kind: 'refused', code: 'operation_failed', operationIndex: 0 };

function read(
  value: number | undefined,
  when: When,
  claim: Partial<Claim> & { readonly seq: number },
  more: Partial<ReadOperation> = {},
): ReadOperation {
  const { seq } = claim;
  const whole = { logSeq: seq, lagCommits: 0, lagMs: 0, ...claim };
  return {
    kind: 'read',
    daemon: 'writer',
    run: 1,
    key: 'n',
    value,
    claim: whole,
    ...span('reader', when),
    ...more,
  };
}

function logged(seq: number, commandId: string, value: number): Logged {
  return { seq, commandId, effects: [['n', value]] };
}

/** Two commits after one another, then a third. */
const LOG: readonly Logged[] = [logged(2, 'a', 5), logged(3, 'b', 3), logged(4, 'c', 4)];
const COMMITS: readonly Operation[] = [
  commit('a', 5, [0, 1], committed(2)),
  commit('b', -2, [2, 5], committed(3)),
  commit('c', 1, [6, 9], committed(4)),
];

function faults(operations: readonly Operation[], log: readonly Logged[] = LOG): string[] {
  return checkHistory({ operations, log, model: [add], writer: 'writer' });
}

describe('a history that is linearizable', () => {
  it('has reads of what was there at some moment of theirs', () => {
    expect(faults(COMMITS)).toEqual([]);
    expect(faults([...COMMITS, read(5, [3, 4], { seq: 2 }), read(3, [3, 4], { seq: 2 })])).toEqual(
      [],
    );
    expect(faults([...COMMITS, read(4, [10, 11], { seq: 4 })])).toEqual([]);
    expect(faults([...COMMITS, read(undefined, [-2, -1], { seq: 0 })])).toEqual([]);
  });

  it('has commits that nobody answered, there or not', () => {
    const unknown = (id: string, by: number) =>
      commit(id, by, [6, Number.POSITIVE_INFINITY], { kind: 'unknown' });
    expect(faults([COMMITS[0] as Operation, COMMITS[1] as Operation, unknown('c', 1)])).toEqual([]);
    expect(faults([...COMMITS, unknown('nowhere', 1)])).toEqual([]);
  });

  it('has refusals that a state explains', () => {
    expect(faults([...COMMITS, commit('d', -4, [7, 8], refused)])).toEqual([]);
    expect(faults([...COMMITS, commit('d', -1, [-2, -1], refused)])).toEqual([]);
  });

  it('has followers that are behind and say so', () => {
    const behind = { seq: 2, logSeq: 4, lagCommits: 2, lagMs: 20_000 };
    expect(faults([...COMMITS, read(5, [12, 13], behind, { daemon: 'follower' })])).toEqual([]);
  });
});

describe('what must be found', () => {
  it.each<[string, readonly Operation[], RegExp]>([
    ['a stale read', [read(5, [6, 7], { seq: 3 })], /read n of writer as 5: nowhere from 3/],
    [
      'a stale read that says so: the writer has no lag',
      [read(5, [6, 7], { seq: 2, logSeq: 3, lagCommits: 1 })],
      /read n of writer as 5: nowhere from 3/,
    ],
    ['a value that never was', [read(7, [3, 4], { seq: 2 })], /as 7: nowhere from 2/],
    ['a read of what begins later', [read(4, [3, 5], { seq: 2 })], /as 4: nowhere/],
    [
      'a session that goes back',
      [read(3, [3, 4], { seq: 2 }), read(5, [4.1, 4.9], { seq: 2 })],
      /as 5: nowhere from 3/,
    ],
    [
      'a lost acknowledged commit',
      [commit('lost', 1, [10, 11], committed(5))],
      /the acknowledged commit lost at 5 is lost/,
    ],
    [
      'a receipt with another seq',
      [commit('c', 1, [10, 11], committed(5))],
      /c was answered seq 5, the log has it at 4/,
    ],
    [
      'a refusal that happened',
      [commit('c', 1, [6, 9], refused)],
      /c was answered "refused" and is at 4/,
    ],
    [
      'a refusal without reason',
      [commit('d', -1, [7, 8], refused)],
      /d was refused; nowhere from 3 to 4/,
    ],
    [
      'a commit before one that had ended',
      [commit('c', 1, [6, 9], committed(4)), read(4, [-4, -3], { seq: 0 })],
      /as 4: nowhere from 0/,
    ],
  ])('%s', (_name, more, finds) => {
    expect(faults([...COMMITS, ...more]).join('\n')).toMatch(finds);
  });

  it('an order that is not that of the calls', () => {
    const swapped = [logged(2, 'b', 3), logged(3, 'a', 8)];
    const calls = [commit('a', 5, [0, 1], committed(3)), commit('b', 3, [2, 5], committed(2))];
    expect(faults(calls, swapped).join()).toMatch(/b has seq 2; 3 was seen before it began/);
  });

  it('an effect that no serial run has', () => {
    const wrong = LOG.map((one) => (one.seq === 3 ? logged(3, 'b', 2) : one));
    expect(faults(COMMITS, wrong).join()).toMatch(/commit 3 did \[n=2\]; run alone it is \[n=3\]/);
  });

  it('a command that was carried out twice', () => {
    const twice = [...LOG, logged(5, 'c', 5)];
    expect(faults(COMMITS, twice).join()).toMatch(/command c is at 4 and at 5/);
  });

  it.each<[string, Partial<Claim> & { seq: number }, RegExp]>([
    ['a claim above what is shown', { seq: 4 }, /as 5: nowhere from 4/],
    ['a lag that does not add up', { seq: 2, logSeq: 4, lagCommits: 1 }, /a lag of 1 commits/],
    ['a log that is not there yet', { seq: 2, logSeq: 9, lagCommits: 7 }, /there was 4 at most/],
    ['a lag of no time, long ago', { seq: 2, logSeq: 2 }, /11000 ms of news are missing/],
  ])('of a follower: %s', (_name, claim, finds) => {
    const stale = read(5, [16, 17], { lagMs: 0, ...claim }, { daemon: 'follower' });
    expect(faults([...COMMITS, stale]).join('\n')).toMatch(finds);
  });

  it('a follower whose answers to one client go back, but not one that was started again', () => {
    const lag = { logSeq: 4, lagMs: 99_000 };
    const first = read(3, [12, 13], { seq: 2, lagCommits: 2, ...lag }, { daemon: 'follower' });
    const back = read(5, [14, 15], { seq: 2, lagCommits: 2, ...lag }, { daemon: 'follower' });
    expect(faults([...COMMITS, first, back]).join()).toMatch(/follower as 5: nowhere from 3/);
    expect(faults([...COMMITS, first, { ...back, run: 2 }])).toEqual([]);
  });

  it('a follower that answers before it shows what was wanted', () => {
    const early = read(5, [12, 13], { seq: 2, lagMs: 99_000 }, { daemon: 'follower', wanted: 4 });
    expect(faults([...COMMITS, early]).join('\n')).toMatch(/was to show 4 and shows 2/);
  });
});
