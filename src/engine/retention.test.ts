import { describe, expect, it } from 'vitest';
import { chooseBase } from './retention.ts';

const at = (...seqs: number[]): { seq: number }[] => seqs.map((seq) => ({ seq }));

describe('the base that retention chooses', () => {
  it('is the newest checkpoint at or below what may go', () => {
    expect(chooseBase(at(10, 20, 30, 40), 35, 0)).toEqual({ base: 30, next: 40 });
    expect(chooseBase(at(10, 20, 30), 30, 0)).toEqual({ base: 30, next: undefined });
  });

  it('is none while every checkpoint is inside the span to keep', () => {
    expect(chooseBase(at(43, 48), 38, 0)).toEqual({ base: undefined, next: 43 });
  });

  it('stays the one that the log begins at until another is low enough', () => {
    expect(chooseBase(at(30, 60, 70), 20, 28)).toEqual({ base: 30, next: 60 });
  });

  it('is none without retention', () => {
    expect(chooseBase(at(10, 20), 0, 0)).toEqual({ base: undefined, next: undefined });
  });

  it('moves on with a span much longer than the distance of checkpoints', () => {
    let kept: number[] = [];
    const bases: number[] = [];
    for (let head = 10; head <= 400; head += 10) {
      const listed = [...kept, head];
      const { base, next } = chooseBase(at(...listed), Math.max(0, head - 100), bases.at(-1) ?? 0);
      if (base !== undefined) bases.push(base);
      kept = listed.filter((seq) => seq === base || seq === next || listed.slice(-2).includes(seq));
      expect(base ?? 0).toBeLessThanOrEqual(Math.max(0, head - 100));
      expect(kept.length).toBeLessThanOrEqual(4);
    }
    expect(bases.at(-1)).toBeGreaterThanOrEqual(150);
  });
});
