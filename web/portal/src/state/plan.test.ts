import { describe, expect, it } from 'vitest';
import type { Action } from '../api/plan-types';
import type { MeasureStanding } from '../api/standing-types';
import { NOBODY, asksForAnswer, canComeBefore, differing, matching, newBody, ownersOf, restsOn, tidied, totalsOf, urgency, type Show } from './plan';

const today = '2026-11-22';
const action = (id: string, rest: Partial<Action> = {}): Action => ({
  ...newBody({ title: id }),
  id,
  organisation_id: 'o',
  created_at: '2026-11-01T08:00:00.000Z',
  changed_at: '2026-11-01T08:00:00.000Z',
  changed_by: 'ana',
  ...rest,
});
const plan = [
  action('inventory', { state: 'done', cost_eur: 300, owner: 'Zoé', due: '2026-10-01' }),
  action('backup', { state: 'doing', cost_eur: 1200, owner: 'Ana', due: '2026-11-20', depends_on: ['inventory'], measure: 'TEC-09' }),
  action('restore', { due: '2026-12-24', depends_on: ['backup'], note: 'with the provider' }),
  action('badges', { state: 'dropped', cost_eur: 9000 }),
];
const shown = (show: Show, owner = '', text = '') => matching(plan, { text, show, owner }, today, ({ measure }) => (measure ? 'Sauvegardes testées' : '')).map(({ id }) => id);

describe('the plan of action', () => {
  it('filters by state, by lateness, by owner and by words in any spelling', () => {
    expect(shown('all')).toHaveLength(4);
    expect(shown('overdue')).toEqual(['backup']);
    expect(shown('dropped')).toEqual(['badges']);
    expect(shown('all', 'Ana')).toEqual(['backup']);
    expect(shown('all', NOBODY)).toEqual(['restore', 'badges']);
    expect(shown('all', '', 'SAUVEGARDES testees')).toEqual(['backup']);
    expect(shown('todo', '', 'provider')).toEqual(['restore']);
  });

  it('adds up what is spent and what is still to spend, without what was dropped', () => {
    expect(totalsOf(plan, today)).toEqual({ counts: { all: 4, todo: 1, doing: 1, overdue: 1, done: 1, dropped: 1 }, toSpend: 1200, spent: 300, unpriced: 1 });
  });

  it('sorts what is open by its day, then what is done, then what was dropped', () => {
    expect([...plan].sort((a, b) => urgency(a).localeCompare(urgency(b))).map(({ id }) => id)).toEqual(['backup', 'restore', 'inventory', 'badges']);
    expect(ownersOf(plan, 'fr')).toEqual(['Ana', 'Zoé']);
  });

  it('offers nothing that would make an action wait for itself', () => {
    expect([...restsOn(plan, 'restore')].sort()).toEqual(['backup', 'inventory']);
    expect(canComeBefore(plan, 'inventory').map(({ id }) => id)).toEqual(['badges']);
    expect(canComeBefore(plan, 'restore').map(({ id }) => id)).toEqual(['inventory', 'backup', 'badges']);
    expect(canComeBefore(plan, null)).toHaveLength(4);
  });

  it('no longer waits for what was deleted', () => {
    expect(tidied(plan.slice(1)).map(({ depends_on }) => depends_on)).toEqual([[], ['backup'], []]);
  });

  it('tells in which fields two versions differ', () => {
    expect(differing(newBody({ title: 'a', due: today }), newBody({ title: 'b', revision: 4 }))).toEqual(['title', 'due']);
  });

  it('asks for an answer when an action is done and its measure does not say so yet', () => {
    const measure = (declared: number | null, is_applicable = true) => [{ id: 'TEC-09', declared, is_applicable } as MeasureStanding];
    const done = action('backup', { state: 'done', measure: 'TEC-09' });
    expect(asksForAnswer(done, measure(null))).toBe(true);
    expect(asksForAnswer(done, measure(0.4))).toBe(true);
    expect(asksForAnswer(done, measure(1))).toBe(false);
    expect(asksForAnswer(done, measure(null, false))).toBe(false);
    expect(asksForAnswer({ ...done, state: 'doing' }, measure(null))).toBe(false);
    expect(asksForAnswer({ ...done, measure: null }, measure(null))).toBe(false);
  });
});
