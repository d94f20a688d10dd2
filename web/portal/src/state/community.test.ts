import { expect, it } from 'vitest';
import type { CampaignWithProgress } from '../api/campaign-types';
import { campaignRank, campaignsOf, riskRank, type CommunityRow } from './community';

const row = (rest: Partial<CommunityRow>): CommunityRow => ({ organisation: { id: 'a', name: 'A', kind: 'terminal' }, figures: null, is_missing: false, campaigns: [], ...rest });

it('one high risk weighs more than many lower ones', () => {
  const of = (high: number, medium: number, low: number) => riskRank(row({ figures: { day: '2027-01-01', current_risks: { high, medium, low } } }));
  expect(of(1, 0, 0)).toBeGreaterThan(of(0, 99, 99) ?? 0);
  expect(riskRank(row({}))).toBeNull();
});

it('takes from each campaign what concerns one organisation', () => {
  const step = { organisation_id: 'a', organisation: 'A', progress: 'begun' as const, percent: 40, assessment_id: null };
  const campaigns = [{ id: 'x', title: 'Spring', organisations: [step] }, { id: 'y', title: 'Autumn', organisations: [{ ...step, organisation_id: 'b' }] }] as CampaignWithProgress[];
  expect(campaignsOf(campaigns, 'a')).toEqual([{ id: 'x', title: 'Spring', progress: 'begun', percent: 40 }]);
});

it('a closed assessment is further than one of which all is answered; nothing asked is nothing', () => {
  const at = (progress: 'begun' | 'closed') => campaignRank(row({ campaigns: [{ id: 'x', title: '', progress, percent: 100 }] }));
  expect(at('closed')).toBeGreaterThan(at('begun') ?? 0);
  expect(campaignRank(row({}))).toBeNull();
});
