import { describe, expect, it } from 'vitest';
import type { Study } from '../api/study-types';
import { EMPTY, differing, freeId, losses, missing, place, without, workshopOf } from './study';

const study: Study = {
  scope: 'Unloading',
  values: [{ id: 'v', name: 'Unloading', owner: '', rests_on: '' }],
  events: [{ id: 'e', name: 'The cranes stop', value: 'v', impacts: '', gravity: 4 }],
  pairs: [{ id: 'p', source: 'organised-crime', objective: 'Ransom', motivation: 4, resources: 3, is_kept: true }],
  parties: [{ id: 'm', name: 'Maintainer', role: '', exposure: { dependency: 4, penetration: 4, maturity: 2, trust: 2 } }],
  strategic: [{ id: 's', name: 'By its access', pair: 'p', event: 'e', through: ['m'] }],
  operational: [{ strategic: 's', scenario: 'FS-01', words: '', likelihood: 3, risk: null }],
};

describe('a study', () => {
  it('loses what rests on what is removed', () => {
    expect(without(study, 'values', 'v')).toEqual({ ...EMPTY, scope: 'Unloading', pairs: study.pairs, parties: study.parties });
    expect(without(study, 'parties', 'm').strategic[0]?.through).toEqual([]);
    expect([losses(study, 'values', 'v'), losses(study, 'pairs', 'p'), losses(study, 'parties', 'm')]).toEqual([3, 2, 0]);
  });

  it('gives ids that are free', () => {
    expect(freeId(EMPTY, 'pairs')).toBe('pair-1');
    expect(freeId({ ...EMPTY, values: [{ id: 'value-2', name: '', owner: '', rests_on: '' }] }, 'values')).toBe('value-3');
  });

  it('says which fields are empty, and in which workshop they are', () => {
    expect(missing(study)).toEqual([]);
    expect(missing({ ...study, pairs: [{ ...study.pairs[0]!, objective: ' ' }] })).toEqual(['pairs.0.objective']);
    expect(['scope', 'events.0.name', 'pairs.0.source', 'strategic.1.event', 'operational.0.words', 'operational.0.risk'].map(workshopOf)).toEqual([1, 1, 2, 3, 4, 5]);
  });

  it('says in which workshops two versions differ', () => {
    expect(differing(study, structuredClone(study))).toEqual([]);
    expect(differing(study, { ...study, scope: '', events: [], operational: [] })).toEqual([1, 4]);
  });

  it('leaves room where the zones part', () => expect([place(0), place(1), place(16), place(99)]).toEqual([0, 0.25, 1, 1]));
});
