import { expect, it } from 'vitest';
import type { OwnCampaign } from '../api/campaign-types';
import { bodyOf, byReminder, countsOf, differing, newBody, ordered, stateOf, toTell } from './campaigns';

const one = (rest: Partial<OwnCampaign> = {}): OwnCampaign => ({
  id: 'a', title: 'Spring', framework: 'haubert-port', from: '2027-01-01', until: '2027-03-31', days_left: 20, message: '', revision: 1,
  created_at: '', created_by: '', changed_at: '', changed_by: '', closed_at: null, closed_by: null, progress: 'not_begun', percent: 0, reminder: null, assessment: null, can_begin: true, ...rest,
});
const today = '2027-03-11';

it('tells a campaign that runs from one to come, one that is over and one that was closed', () => {
  expect(stateOf(one(), today)).toBe('running');
  expect(stateOf(one({ from: '2027-03-12' }), today)).toBe('planned');
  expect(stateOf(one({ days_left: -1 }), today)).toBe('over');
  expect(stateOf(one({ days_left: -1, closed_at: '2027-03-10T10:00:00Z' }), today)).toBe('closed');
});

it('puts what runs and ends soonest first', () => {
  const all = [one({ id: 'closed', closed_at: 'x' }), one({ id: 'late', until: '2027-09-30' }), one({ id: 'soon' }), one({ id: 'over', days_left: -3 })];
  expect(ordered(all, today).map(({ id }) => id)).toEqual(['soon', 'late', 'over', 'closed']);
});

it('counts by progress and gathers reminders, the most pressing first', () => {
  const step = (progress: 'begun' | 'closed') => ({ organisation_id: '', organisation: '', progress, percent: 0, assessment_id: null });
  expect(countsOf([step('begun'), step('begun'), step('closed')])).toEqual({ not_begun: 0, begun: 2, closed: 1 });
  const due = (reminder: 'in_14_days' | 'overdue') => ({ organisation_id: '', organisation: '', reminder });
  expect(byReminder([due('in_14_days'), due('overdue')]).map(({ reminder }) => reminder)).toEqual(['overdue', 'in_14_days']);
});

it('begins a new one today for two months and invites all; a changed one invites nobody more', () => {
  expect(newBody('2027-12-31', 'x')).toMatchObject({ from: '2027-12-31', until: '2028-02-29', organisations: null, revision: 0 });
  expect(bodyOf(one({ revision: 4 }))).toMatchObject({ organisations: [], revision: 4 });
  expect(differing({ ...bodyOf(one()), title: 'Autumn' }, one())).toEqual(['title']);
});

it('asks an organisation for nothing that is closed or done and over', () => {
  const all = [one({ id: 'asked' }), one({ id: 'late', days_left: -9, until: '2027-03-02' }), one({ id: 'shut', closed_at: 'x' }), one({ id: 'done', progress: 'closed', days_left: -1 })];
  expect(toTell(all).map(({ id }) => id)).toEqual(['late', 'asked']);
});
