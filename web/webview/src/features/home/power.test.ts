import { describe, expect, it } from 'vitest';
import type { Usage } from '../../api/types.js';
import { powerCurves } from './power.js';

type Runs = [number, number][];
const one = (usage: Usage, ...watts: (number | null)[]) => ({ usage, points: watts.map((w, t): [number, number | null] => [t, w]), uncertain: [] as Runs, recovered: [] as Runs });
const curves = (...list: ReturnType<typeof one>[]) => powerCurves(list, (usage) => usage, () => 'c', 'rest');

describe('powerCurves', () => {
  it('stacks the largest at the bottom, leaves the incomer out and draws production over', () => {
    const made = curves(one('supply', 99), one('it', 1), one('cranes', 5), one('production', -3));
    expect(made.map((curve) => [curve.id, curve.overlay])).toEqual([['cranes', false], ['it', false], ['production', true]]);
    expect(made.at(-1)?.points).toEqual([{ t: 0, v: 3, q: 'good', back: false }]);
  });
  it('gathers slivers and keeps gaps', () => {
    const usages: Usage[] = ['cranes', 'reefers', 'shore_power', 'process', 'lighting', 'hvac', 'offices'];
    const made = curves(...usages.map((usage, at) => one(usage, 100 - at, null)));
    expect(made).toHaveLength(6);
    expect(made.at(-1)).toMatchObject({ label: 'rest', points: [{ t: 0, v: 95 + 94 }, { t: 1, v: null }] });
  });
  it('tells what is uncertain and what was read back, in a sum too', () => {
    const made = curves({ ...one('cranes', 1, 2, 3), uncertain: [[0, 0]], recovered: [[0, 1]] });
    expect(made[0]?.points.map((point) => [point.q, point.back])).toEqual([['uncertain', true], ['good', true], ['good', false]]);
    const usages: Usage[] = ['cranes', 'reefers', 'shore_power', 'process', 'lighting', 'hvac', 'offices'];
    const sum = curves(...usages.map((usage, at) => ({ ...one(usage, 100 - at), recovered: (usage === 'offices' ? [[0, 0]] : []) as Runs }))).at(-1);
    expect(sum?.points).toEqual([{ t: 0, v: 95 + 94, q: 'good', back: true }]);
  });
});
