import { describe, expect, it } from 'vitest';
import { common, gapRuns } from './gaps.js';

describe('gaps', () => {
  it('reach from value to value', () => {
    expect(gapRuns([0, 1, 2, 3, 4], [5, null, null, 6, 7])).toEqual([[0, 3]]);
    expect(gapRuns([0, 1, 2], [1, 2, 3])).toEqual([]);
  });
  it('begin and end where the samples do', () => {
    expect(gapRuns([0, 1, 2, 3], [null, null, 4, null])).toEqual([[0, 2], [2, 3]]);
    expect(gapRuns([0], [null])).toEqual([]);
  });
  it('are not made by times at which another curve was sampled', () => {
    expect(gapRuns([0, 1, 2, 3, 4], [5, undefined, null, undefined, 6])).toEqual([[0, 4]]);
    expect(gapRuns([0, 1, 2], [5, undefined, 6])).toEqual([]);
  });
  it('are everybody’s only where everybody has one', () => {
    expect(common([[[0, 10]], [[2, 4], [6, 20]]])).toEqual([[2, 4], [6, 10]]);
    expect(common([[[0, 10]], []])).toEqual([]);
    expect(common([])).toEqual([]);
  });
});
