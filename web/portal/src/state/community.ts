// What the page of the whole community shows of each organisation: pure, so that it does not depend on the screen.
import type { CampaignProgress, CampaignWithProgress } from '../api/campaign-types';
import type { IndicatorDay } from '../api/progress-types';
import type { Organisation } from '../api/types';

export interface CampaignPart {
  id: string;
  title: string;
  progress: CampaignProgress;
  percent: number;
}
export interface CommunityRow {
  organisation: Organisation;
  /** Its latest day; nothing while it is read, where it could not be, or before the first day is kept. */
  figures: IndicatorDay | null;
  is_missing: boolean;
  /** Those that run, or are past their last day, and ask it for something. */
  campaigns: CampaignPart[];
}

export const campaignsOf = (campaigns: readonly CampaignWithProgress[], organisation: string): CampaignPart[] =>
  campaigns.flatMap(({ id, title, organisations }) => organisations.filter((step) => step.organisation_id === organisation).map(({ progress, percent }) => ({ id, title, progress, percent })));

export const openRisks = ({ figures }: CommunityRow): { high: number; medium: number; low: number } | null => figures?.current_risks ?? null;
/** High risks first, then medium, then low: for sorting. */
export function riskRank(row: CommunityRow): number | null {
  const risks = openRisks(row);
  return risks && risks.high * 1e6 + risks.medium * 1e3 + risks.low;
}
/** How far it is with all that it is asked for; nothing when it is asked for nothing. */
export const campaignRank = ({ campaigns }: CommunityRow): number | null =>
  campaigns.length === 0 ? null : campaigns.reduce((sum, { progress, percent }) => sum + (progress === 'closed' ? 101 : percent), 0) / campaigns.length;
