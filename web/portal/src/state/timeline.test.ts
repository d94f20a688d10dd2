import { describe, expect, it } from 'vitest';
import type { Action } from '../api/plan-types';
import { newBody } from './plan';
import { startOf, timelineOf } from './timeline';

const action = (id: string, rest: Partial<Action> = {}): Action => ({
  ...newBody({ title: id }),
  id,
  organisation_id: 'o',
  created_at: '2026-11-01T08:00:00.000Z',
  changed_at: '2026-11-01T08:00:00.000Z',
  changed_by: 'ana',
  ...rest,
});

describe('the timeline of a plan', () => {
  it('makes a bar as long as its effort, ending on its day', () => {
    expect(startOf({ due: '2027-03-31', effort: 'S' })).toBe('2027-03-24');
    expect(startOf({ due: '2027-03-31', effort: 'XL' })).toBe('2027-02-03');
  });

  it('spans whole months and holds today, whatever the plan', () => {
    const { months, now, bars } = timelineOf([], '2026-12-31');
    expect(months).toEqual([{ day: '2026-12-01', at: 0, isNamed: true }]);
    expect(bars).toEqual([]);
    expect(now).toBeCloseTo(96.8, 1);
  });

  it('orders bars by their beginning and leaves out what was dropped or has no day', () => {
    const plan = [
      action('late', { due: '2027-02-10' }),
      action('early', { due: '2026-12-10', effort: 'L' }),
      action('dropped', { due: '2026-12-10', state: 'dropped' }),
      action('some day'),
    ];
    const { bars, undated, months } = timelineOf(plan, '2026-11-22');
    expect(bars.map((bar) => bar.action.id)).toEqual(['early', 'late']);
    expect(undated.map(({ id }) => id)).toEqual(['some day']);
    expect(months.map(({ day }) => day)).toEqual(['2026-11-01', '2026-12-01', '2027-01-01', '2027-02-01']);
    for (const { left, right } of bars) expect(left >= 0 && right <= 100 && left < right).toBe(true);
  });

  it('leads from the end of one bar to the beginning of what rests on it, and marks what is too tight', () => {
    const before = action('before', { due: '2026-12-10' });
    const after = (due: string) => action('after', { due, depends_on: ['before', 'deleted'] });
    const link = (due: string, state: Action['state'] = 'todo') => timelineOf([{ ...before, state }, after(due)], '2026-11-22').links;
    expect(link('2027-01-20')).toMatchObject([{ fromRow: 0, toRow: 1, isTight: false }]);
    expect(link('2027-01-20')[0]?.to).not.toBeNull();
    expect(link('2026-12-15')).toMatchObject([{ to: null, isTight: true }]);
    expect(link('2026-12-15', 'done')).toMatchObject([{ isTight: false }]);
    expect(link('2026-12-01')).toMatchObject([{ fromRow: 1, toRow: 0, isTight: true }]);
  });

  it('names no more months than fit', () => {
    const { months } = timelineOf([action('far', { due: '2028-11-30' })], '2026-11-22');
    expect(months).toHaveLength(25);
    expect(months.filter(({ isNamed }) => isNamed)).toHaveLength(9);
  });
});
