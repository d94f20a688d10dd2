import { describe, expect, it } from 'vitest';
import type { AnswerGiven, Framework, FrameworkNode, Profile } from '../api/standing-types';
import { EVERYTHING, askedOf, nextOpen, progressOf, sifted, stateOf, themesOf } from './questions';

const node = (ref: string, change: Partial<FrameworkNode>): FrameworkNode => ({
  urn: `urn:${ref}`, parent: null, depth: 0, ref_id: ref, name: ref, description: '', annotation: '', typical_evidence: '', assessable: true,
  groups: ['essential'], weight: 1, importance: 'recommended', questions: [], ...change,
});
const question = (urn: string, group: string | null = null) => ({ urn, kind: 'unique_choice' as const, text: urn, group, choices: [] });
const framework: Framework = {
  ref_id: 'f', urn: 'urn:f', name: '', description: '', provider: null, copyright: null, version: 1, languages: [], licence: 'open', measures: 3, shipped: true, min_score: 0, max_score: 3, scores: [], groups: [],
  nodes: [
    node('gov', { assessable: false, name: 'Governance' }),
    node('A', { parent: 0, importance: 'mandatory', name: 'Écrire une politique', questions: [question('a1'), question('a2', 'ot')] }),
    node('B', { parent: 0, groups: ['advanced'], questions: [question('b1')] }),
    node('C', { parent: 0, questions: [question('c1')] }),
  ],
};
const office: Profile = { size: 'micro', ot: false, nis2: 'none', gateways: false };
const plant: Profile = { ...office, ot: true };
const answer = (change: Partial<AnswerGiven> = {}): AnswerGiven => ({ choice: 'x', score: null, words: null, not_applicable: null, comment: '', ...change });

describe('what is asked', () => {
  it('follows the groups shown and the profile', () => {
    expect(askedOf(framework, { groups: ['essential'], profile: office }).map(({ id, questions }) => [id, questions.length])).toEqual([['A', 1], ['C', 1]]);
    expect(askedOf(framework, { groups: [], profile: plant }).map(({ id, questions }) => [id, questions.length])).toEqual([['A', 2], ['B', 1], ['C', 1]]);
    expect(themesOf(askedOf(framework, { groups: [], profile: plant })).map(({ name, asked }) => [name, asked.length])).toEqual([['Governance', 3]]);
  });
});

describe('how far it is answered', () => {
  const asked = askedOf(framework, { groups: ['essential'], profile: plant });
  const [a, c] = asked;
  it('tells open, unknown, answered and what does not concern apart', () => {
    if (!a || !c) throw new Error('two measures');
    expect(stateOf(a, new Map([['a1', answer()]]))).toBe('open');
    expect(stateOf(a, new Map([['a1', answer()], ['a2', answer({ choice: null })]]))).toBe('unknown');
    expect(stateOf(a, new Map([['a1', answer()], ['a2', answer()]]))).toBe('done');
    expect(stateOf(c, new Map([['urn:C', answer({ choice: null, not_applicable: 'no quay' })]]))).toBe('not_applicable');
  });
  it('counts questions', () => {
    expect(progressOf(asked, new Map())).toEqual({ asked: 3, answered: 0 });
    expect(progressOf(asked, new Map([['a1', answer()], ['urn:C', answer({ not_applicable: 'no' })]]))).toEqual({ asked: 3, answered: 2 });
  });
  it('filters by state, importance and words without their accents', () => {
    const ids = (filter: 'all' | 'open', mandatoryOnly: boolean, text: string) => sifted(asked, new Map([['c1', answer()]]), { filter, mandatoryOnly, text, who: '' }).map(({ id }) => id);
    expect(ids('all', false, '')).toEqual(['A', 'C']);
    expect(ids('open', false, '')).toEqual(['A']);
    expect(ids('all', true, '')).toEqual(['A']);
    expect(ids('all', false, 'politique ecrire')).toEqual(['A']);
    expect(ids('all', false, 'nothing')).toEqual([]);
  });
  it('goes round to find the next one to answer', () => {
    const answers = new Map([['c1', answer()]]);
    expect(nextOpen(asked, answers, 0)).toBeNull();
    expect(nextOpen(asked, answers, 1)?.id).toBe('A');
    expect(nextOpen(asked, new Map(), 0)?.id).toBe('C');
  });
});

describe('any framework', () => {
  const bare = (ref: string, parent: number | null, change: Partial<FrameworkNode> = {}) => node(ref, { parent, groups: [], name: '', description: `What ${ref} asks`, ...change });

  it('takes the headings below the one that stands over everything as themes', () => {
    const nodes = [bare('root', null, { assessable: false }), bare('1', 0, { assessable: false, name: 'One' }), bare('1.1', 1), bare('2', 0, { assessable: false, name: 'Two' }), bare('2.1', 3), bare('2.2', 3)];
    const all = askedOf({ ...framework, nodes }, { groups: [], profile: office });
    expect(themesOf(all).map(({ name, asked }) => [name, asked.map(({ title }) => title)])).toEqual([['One', ['What 1.1 asks']], ['Two', ['What 2.1 asks', 'What 2.2 asks']]]);
  });

  it('puts measures without any heading under the framework', () =>
    expect(themesOf(askedOf({ ...framework, name: 'Flat', nodes: [bare('a', null), bare('b', null)] }, { groups: [], profile: office })).map(({ name, asked }) => [name, asked.length])).toEqual([['Flat', 2]]));

  it('looks through 700 measures well below 100 ms', () => {
    const nodes = [bare('root', null, { assessable: false }), ...Array.from({ length: 700 }, (_, at) => bare(`m${at}`, 0, { description: `Contrôle ${at} ${'équipement réseau '.repeat(30)}` }))];
    const all = askedOf({ ...framework, nodes }, { groups: [], profile: office });
    sifted(all, new Map(), { ...EVERYTHING, text: 'warm' });
    const begun = performance.now();
    expect(sifted(all, new Map(), { ...EVERYTHING, filter: 'open', text: 'reseau 69' })).toHaveLength(17);
    expect(performance.now() - begun).toBeLessThan(50);
  });
});
