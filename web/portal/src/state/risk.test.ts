import { describe, expect, it } from 'vitest';
import type { RatedScenario, ScenarioEntry } from '../api/standing-types';
import { GRADES, levelOf, levelRank, scenarioRows, shownScenarios } from './risk';

describe('the grid', () => {
  it('is the one of the score, rising both ways', () => {
    expect(GRADES.map((gravity) => levelOf(gravity, 4))).toEqual(['medium', 'high', 'high', 'high']);
    expect(GRADES.map((gravity) => levelOf(gravity, 1))).toEqual(['low', 'low', 'low', 'medium']);
    for (const one of GRADES) for (const other of [1, 2, 3]) expect(levelRank(levelOf(one, other))).toBeGreaterThanOrEqual(levelRank(levelOf(one, other + 1)));
  });
});

describe('the list', () => {
  const rated = (scenario: string, change: Partial<RatedScenario> = {}): RatedScenario => ({
    scenario, title: { en: scenario, fr: scenario }, is_picked: false, gravity: 4, likelihood: 3, note: '', revision: 0, level: 'high', stages: [],
    residual_likelihood: 2, residual_level: 'medium', changed_at: null, changed_by: null, ...change,
  });
  const entry = (id: string, threats: string[]): ScenarioEntry => ({
    id, threats, title: { en: id, fr: id }, summary: { en: 'story', fr: 'récit' }, gravity: 3, likelihood: 2, assets: [], impacts: [],
    criteria: { confidentiality: 0, integrity: 0, availability: 0, traceability: 0 },
  });
  const rows = scenarioRows([rated('FS-01', { is_picked: true }), rated('FS-02')], [entry('FS-01', ['NEF']), entry('FS-02', ['PHY'])], 'fr');
  const ids = (pickedOnly: boolean, threat: string) => shownScenarios(rows, { pickedOnly, threat }).map(({ scenario }) => scenario);

  it('sets what is proposed beside what the company says', () => {
    expect(rows[0]).toMatchObject({ gravity: 4, proposed: { gravity: 3, likelihood: 2 }, text: 'récit' });
  });
  it('filters by what is feared and by threat', () => {
    expect(ids(false, '')).toEqual(['FS-01', 'FS-02']);
    expect(ids(true, '')).toEqual(['FS-01']);
    expect(ids(true, 'PHY')).toEqual([]);
  });
});
