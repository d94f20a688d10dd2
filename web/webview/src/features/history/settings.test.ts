import { describe, expect, it } from 'vitest';
import type { HistoryPreview } from '../../api/types.js';
import { bandOf, destroys, doomed, draftOf, limitErrors, limitsOf } from './settings.js';

const retention = { index_days: 3650, load_curve_days: null, trend_days: 400, state_days: 1825 };

describe('the limits of the history', () => {
  it('survive the form', () => {
    for (const limits of [{ retention, budget_bytes: null }, { retention, budget_bytes: 2_000_000_000 }]) expect(limitsOf(draftOf(limits))).toEqual(limits);
  });
  it('name what makes no sense', () => {
    expect(limitErrors(draftOf({ retention, budget_bytes: null }))).toEqual({});
    expect(Object.keys(limitErrors({ days: { ...retention, trend_days: 0, state_days: 1.5 }, budgetMb: 1 }))).toEqual(['retention.trend_days', 'retention.state_days', 'budget_bytes']);
  });
  it('destroy only what there is', () => {
    const loss = (samples: number, over_budget_bytes = 0): HistoryPreview['kinds'][number] => ({ kind: 'trend', samples, over_budget_bytes, oldest_at: null, newest_at: null });
    expect(destroys({ kinds: [loss(0)] })).toBe(false);
    expect(doomed({ kinds: [loss(0), loss(3), loss(0, 7)] })).toHaveLength(2);
  });
  it('read a dead band as people write it', () => {
    expect([bandOf(''), bandOf(' 0,5 '), bandOf('2')]).toEqual([null, 0.5, 2]);
    expect([bandOf('0'), bandOf('-1'), bandOf('x')]).toEqual([undefined, undefined, undefined]);
  });
});
