import { expect, it } from 'vitest';
import type { IndicatorDay } from '../api/progress-types';
import { calendar, chartsOf, moved, stretches } from './progress';

const bounds = (least: number, most: number) => ({ least, most });
const days: IndicatorDay[] = [
  { day: '2026-11-20', declared: bounds(40, 60), measures: 50, known: 30, actions_open: 3 },
  { day: '2026-11-22', declared: bounds(52, 58), evidenced: bounds(20, 70), measures: 50, known: 45, actions_open: 7 },
];

it('shows a day that was not kept as a gap', () => {
  expect(calendar(days).map(({ day, at }) => [day, at !== null])).toEqual([['2026-11-20', true], ['2026-11-21', false], ['2026-11-22', true]]);
  expect(calendar([])).toEqual([]);
  expect(stretches([1, null, 0, 2])).toEqual([[0], [2, 3]]);
});

it('leaves out what has no figure, and fits the axis to what has', () => {
  const [score, known, risks, actions] = chartsOf(calendar(days).map(({ at }) => at));
  expect(score?.lines.map(({ trace, values }) => [trace, values])).toEqual([['declared', [40, null, 52]], ['evidenced', [null, null, 20]]]);
  expect([score?.top, known?.top, risks?.lines, actions?.top]).toEqual([100, 50, [], 7]);
  expect(score?.lines.map(moved)).toEqual([{ last: 52, change: 12 }, { last: 20, change: null }]);
});
