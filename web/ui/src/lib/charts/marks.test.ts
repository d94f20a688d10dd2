import { describe, expect, it } from 'vitest';
import { either, marksOf, without } from './marks.js';
import type { Point } from './scale.js';

const good = (t: number): Point => ({ t, v: 1, q: 'good' });
const bad = (t: number): Point => ({ t, v: 1, q: 'uncertain' });
const back = (t: number): Point => ({ t, v: 1, q: 'good', back: true });
const gap = (t: number): Point => ({ t, v: null, q: 'bad' });

describe('marks', () => {
  it('reach to the certain neighbours, and run together', () => {
    expect(marksOf([good(0), bad(1), good(2), good(3)]).uncertain).toEqual([[0, 2]]);
    expect(marksOf([good(0), bad(1), bad(2), good(3), good(4)]).uncertain).toEqual([[0, 3]]);
    expect(marksOf([back(0), back(1), good(2)])).toEqual({ uncertain: [], recovered: [[0, 2]] });
  });
  it('never cross a gap', () => {
    expect(marksOf([good(0), gap(1), bad(2), bad(3), gap(4)]).uncertain).toEqual([[2, 3]]);
    expect(marksOf([gap(0)])).toEqual({ uncertain: [], recovered: [] });
  });
  it('are added and taken away', () => {
    expect(either([[0, 2], [6, 8]], [[1, 4]])).toEqual([[0, 4], [6, 8]]);
    expect(without([[0, 10]], [[2, 4], [8, 12]])).toEqual([[0, 2], [4, 8]]);
  });
});
