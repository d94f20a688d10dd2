import { describe, expect, it } from 'vitest';
import type { Risk } from '../api/register-types';
import type { MeasureStanding } from '../api/standing-types';
import { acceptedRisks, byPoint, risksByLevel } from './report';

const measure = (id: string, declared: number | null, proven: number | null, is_applicable = true) => ({ id, declared, proven, is_applicable }) as MeasureStanding;
const risk = (title: string, current_level: Risk['current_level'], way: string, accepted_until: string | null, state = 'open') => ({ title, current_level, state, treatment: { way, accepted_until } }) as unknown as Risk;

describe('the reports', () => {
  it('gather measures by the points of article 21', () => {
    const points = byPoint([measure('A', 1, null), measure('B', 0.5, 0.5), measure('C', 1, 1, false)], new Map([['A', ['2(a)', '2(c)']], ['B', ['2(a)']], ['C', ['2(a)']]]));
    expect(points[0]).toMatchObject({ point: 'a', declared: 75, proven: 25 });
    expect(points[2]?.measures.map(({ id }) => id)).toEqual(['A']);
    expect(points[9]).toMatchObject({ point: 'j', declared: 0, measures: [] });
  });
  it('count open risks and tell the accepted ones, the soonest over first', () => {
    const risks = [risk('x', 'high', 'accept', '2027-01-01'), risk('y', 'low', 'accept', '2026-01-01'), risk('z', 'high', 'accept', null, 'closed'), risk('w', 'high', 'reduce', null)];
    expect(risksByLevel(risks)).toEqual({ high: 2, medium: 0, low: 1 });
    expect(acceptedRisks(risks).map(({ title }) => title)).toEqual(['y', 'x']);
  });
});
