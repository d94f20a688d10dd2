import { describe, expect, it } from 'vitest';
import type { Usage } from '../../api/types.js';
import { powerCurves } from './power.js';

const one = (usage: Usage, ...watts: (number | null)[]) => ({ usage, points: watts.map((w, t): [number, number | null] => [t, w]) });
const curves = (...list: ReturnType<typeof one>[]) => powerCurves(list, (usage) => usage, () => 'c', 'rest');

describe('powerCurves', () => {
  it('stacks the largest at the bottom, leaves the incomer out and draws production over', () => {
    const made = curves(one('supply', 99), one('it', 1), one('cranes', 5), one('production', -3));
    expect(made.map((curve) => [curve.id, curve.overlay])).toEqual([['cranes', false], ['it', false], ['production', true]]);
    expect(made.at(-1)?.points).toEqual([{ t: 0, v: 3 }]);
  });
  it('gathers slivers and keeps gaps', () => {
    const usages: Usage[] = ['cranes', 'reefers', 'shore_power', 'process', 'lighting', 'hvac', 'offices'];
    const made = curves(...usages.map((usage, at) => one(usage, 100 - at, null)));
    expect(made).toHaveLength(6);
    expect(made.at(-1)).toMatchObject({ label: 'rest', points: [{ t: 0, v: 95 + 94 }, { t: 1, v: null }] });
  });
});
