import { describe, expect, it } from 'vitest';
import type { Former, Risk, RiskBody } from '../api/register-types';
import { monthsAfter } from './days';
import { NO_FILTER, bodyOf, bodyOfFormer, bounded, differing, faultsOf, gridOf, newBody, numbered, sifted, trimmed } from './register';

const TODAY = '2026-11-22';
const risk = (id: string, change: Partial<Risk> = {}): Risk => ({
  ...newBody(TODAY, { title: id, gravity: 3, likelihood: 3 }), id, organisation_id: 'o', level: 'high', current_level: 'medium', current_likelihood: 2, target_level: 'low',
  review_on: '2027-05-22', alerts: [], created_at: `2026-01-01T00:00:0${id.length}.000Z`, changed_at: '', changed_by: '', ...change,
});
const risks = numbered([risk('bb', { alerts: ['untreated'], owner: 'Élise' }), risk('a', { current_likelihood: null }), risk('ccc', { state: 'closed' })]);

describe('the register', () => {
  it('numbers risks by when they were entered', () => expect(risks.map(({ id, number }) => [id, number])).toEqual([['a', 1], ['bb', 2], ['ccc', 3]]));

  it('filters by state, alert and words without accents', () => {
    const ids = (filter: object) => sifted(risks, { ...NO_FILTER, ...filter }, () => 'Rançongiciel').map(({ id }) => id);
    expect(ids({})).toEqual(['a', 'bb']);
    expect(ids({ closed: true })).toEqual(['ccc']);
    expect(ids({ alert: 'any' })).toEqual(['bb']);
    expect(ids({ text: 'elise rancong' })).toEqual(['bb']);
    expect(ids({ level: 'high' })).toEqual([]);
  });

  it('places each risk by the figures asked for', () => {
    const at = (lens: 'entered' | 'current' | 'target') => gridOf(risks.slice(0, 2), lens).map(({ fields }) => fields.map(({ risks: here }) => here.map(({ number }) => number).join('')).join('|'));
    expect(at('entered')).toEqual(['|||', '||12|', '|||', '|||']);
    expect(at('current')).toEqual(['|||', '||1|', '||2|', '|||']);
  });
});

describe('what is entered', () => {
  const accepted: RiskBody = { ...newBody(TODAY, { title: 'x' }), treatment: { ...newBody(TODAY).treatment, way: 'accept' } };

  it('is refused where its way needs more', () => {
    expect(faultsOf(accepted, TODAY)).toEqual({ 'treatment.accepted_by': 'accepted_by', 'treatment.accepted_until': 'accepted_until' });
    expect(faultsOf({ ...accepted, treatment: { ...accepted.treatment, accepted_by: 'A', accepted_until: '2026-11-21' } }, TODAY)).toEqual({ 'treatment.accepted_until': 'past' });
    expect(faultsOf({ ...newBody(TODAY, { title: 'x' }), review_months: 0, reviewed_on: '2026-11-23' }, TODAY)).toEqual({ review_months: 'months', reviewed_on: 'reviewed' });
  });

  it('never leaves more than was there, and names nobody who accepts what is not accepted', () => {
    expect(bounded({ ...accepted, gravity: 1 }).treatment.gravity).toBe(1);
    const kept = trimmed({ ...accepted, treatment: { ...accepted.treatment, way: 'reduce', accepted_by: 'A', accepted_until: '2027-01-01' } });
    expect([kept.treatment.accepted_by, kept.treatment.accepted_until]).toEqual(['', null]);
  });

  it('is compared field by field, also with what the store kept', () => {
    const now = bodyOf(risk('a'));
    const former = { revision: 1, changed_at: '', changed_by: '', document: { ...now, owner: 'B', treatment: JSON.stringify({ ...now.treatment, gravity: 1 }), actions: '["x"]' } } as unknown as Former;
    expect(differing(now, bodyOfFormer(former))).toEqual(['owner', 'left', 'actions']);
  });
});

it('adds months as the hub does', () => {
  expect(monthsAfter('2026-08-31', 6)).toBe('2027-02-28');
  expect(monthsAfter('2026-11-22', 12)).toBe('2027-11-22');
});
