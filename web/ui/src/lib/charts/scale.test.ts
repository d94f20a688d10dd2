import { describe, expect, it } from 'vitest';
import { planBars } from './bars.js';
import { isolated, niceTicks, panRange, spreadLabels, stackValues, summarise, zoomRange } from './scale.js';

describe('niceTicks', () => {
  it('covers the range with round steps', () => {
    expect(niceTicks(0, 43.2, 5)).toEqual([0, 10, 20, 30, 40, 50]);
    expect(niceTicks(0, 1, 5)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(niceTicks(-3, 3, 4)).toEqual([-4, -2, 0, 2, 4]);
    expect(niceTicks(5, 5)).toEqual([5]);
  });
});

describe('stackValues', () => {
  it('adds layer on layer and keeps common gaps', () => {
    expect(stackValues([[1, null, null], [2, 3, null]])).toEqual([[1, 0, null], [3, 3, null]]);
    expect(stackValues([])).toEqual([]);
  });
});

describe('summarise', () => {
  const points = [{ t: 0, v: 5, min: 1, max: 9 }, { t: 1, v: null }, { t: 2, v: null }, { t: 3, v: 7 }, { t: 4, v: null }];
  it('counts gaps and uses the bands', () => expect(summarise(points)).toEqual({ min: 1, max: 9, mean: 6, last: 7, gaps: 2, uncertain: 0, recovered: 0 }));
  it('looks only at what is shown', () => expect(summarise(points, 3, 3)).toEqual({ min: 7, max: 7, mean: 7, last: 7, gaps: 0, uncertain: 0, recovered: 0 }));
  it('tells which part is uncertain, and which was read back', () => {
    const told = summarise([{ t: 0, v: 1, q: 'uncertain' }, { t: 1, v: 1, q: 'good', back: true }, { t: 2, v: 1 }, { t: 3, v: 1 }]);
    expect([told.uncertain, told.recovered]).toEqual([0.25, 0.25]);
  });
  it('has nothing to say of nothing', () => expect(summarise([])).toEqual({ min: null, max: null, mean: null, last: null, gaps: 0, uncertain: 0, recovered: 0 }));
});

describe('isolated', () => {
  it('finds values that no line can show', () => {
    expect(isolated([1, null, 2, 3, null, 4])).toEqual([0, 5]);
    expect(isolated([undefined, 1, undefined])).toEqual([1]);
    expect(isolated([1, undefined, 2])).toEqual([]);
    expect(isolated([null, undefined])).toEqual([]);
  });
});

describe('zooming', () => {
  const whole: [number, number] = [0, 1_000_000];
  it('keeps the point under the pointer', () => expect(zoomRange(whole, whole, 0.5, 250_000)).toEqual([125_000, 625_000]));
  it('stays inside the whole', () => {
    expect(zoomRange([0, 500_000], whole, 4)).toEqual(whole);
    expect(panRange([800_000, 1_000_000], whole, 0.5)).toEqual([800_000, 1_000_000]);
    expect(panRange([100_000, 300_000], whole, -1)).toEqual([0, 200_000]);
  });
  it('never goes under ten seconds', () => {
    const [from, to] = zoomRange([500_000, 510_000], whole, 0.1);
    expect(to - from).toBe(10_000);
  });
});

describe('spreadLabels', () => {
  it('moves labels apart and keeps their order', () => {
    const placed = spreadLabels([50, 50, 52], 10, 0, 100);
    expect(placed).toEqual([50, 60, 70]);
    expect(spreadLabels([99, 98], 10, 0, 100)).toEqual([100, 90]);
  });
});

describe('planBars', () => {
  const box = { left: 0, top: 0, width: 100, height: 100 };
  it('starts at zero and stacks', () => {
    const plan = planBars([{ key: 'a', label: 'a', color: 'c', values: [20, null] }, { key: 'b', label: 'b', color: 'c', values: [30, 50] }], null, 2, box, 1, 10);
    expect(plan.zero).toBe(100);
    expect(plan.blocks.map((block) => block.height)).toEqual([40, 60, 100]);
    expect(plan.ghosts).toEqual([]);
  });
  it('draws the previous period even where there is nothing yet', () => {
    const plan = planBars([{ key: 'a', label: 'a', color: 'c', values: [null] }], [10], 1, box, 1, 10);
    expect(plan.blocks).toEqual([]);
    expect(plan.ghosts[0]?.height).toBe(100);
  });
  it('puts negative values under the line', () => {
    const plan = planBars([{ key: 'a', label: 'a', color: 'c', values: [-5, 5] }], null, 2, box, 1, 10);
    expect(plan.blocks[0]?.y).toBeCloseTo(plan.zero);
    expect((plan.blocks[1]?.y ?? 0) + (plan.blocks[1]?.height ?? 0)).toBeCloseTo(plan.zero);
  });
});
