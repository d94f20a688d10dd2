// What the pages about campaigns show and count: pure, so that it does not depend on the screen.
import type { RingState } from '@haubert/ui';
import type { Campaign, CampaignBody, CampaignProgress, CampaignReminder, CampaignReminderDue, CampaignStep, OwnCampaign } from '../api/campaign-types';
import { monthsAfter } from './days';

export const PROGRESS = ['not_begun', 'begun', 'closed'] as const satisfies readonly CampaignProgress[];
/** The most pressing first. */
export const REMINDERS = ['overdue', 'in_3_days', 'in_14_days'] as const satisfies readonly CampaignReminder[];
/** An assessment that is begun holds nothing yet: it is said, not finished. */
export const PROGRESS_RINGS: Readonly<Record<CampaignProgress, RingState>> = { not_begun: 'unknown', begun: 'declared', closed: 'holds' };

/** Open campaigns first, those that end soonest before the others. */
export const CAMPAIGN_STATES = ['running', 'planned', 'over', 'closed'] as const;
export type CampaignState = (typeof CAMPAIGN_STATES)[number];
export function stateOf({ closed_at, days_left, from }: Campaign, today: string): CampaignState {
  if (closed_at !== null) return 'closed';
  if (days_left < 0) return 'over';
  return from > today ? 'planned' : 'running';
}
export const ordered = (campaigns: readonly Campaign[], today: string): Campaign[] => {
  const rank = (campaign: Campaign) => CAMPAIGN_STATES.indexOf(stateOf(campaign, today));
  return [...campaigns].sort((a, b) => rank(a) - rank(b) || a.until.localeCompare(b.until));
};

export function countsOf(steps: readonly CampaignStep[]): Record<CampaignProgress, number> {
  const counts = { not_begun: 0, begun: 0, closed: 0 };
  for (const { progress } of steps) counts[progress] += 1;
  return counts;
}

export const byReminder = (due: readonly CampaignReminderDue[]): { reminder: CampaignReminder; due: CampaignReminderDue[] }[] =>
  REMINDERS.map((reminder) => ({ reminder, due: due.filter((one) => one.reminder === reminder) })).filter(({ due: some }) => some.length > 0);

export const bodyOf = ({ title, framework, from, until, message, revision }: Campaign): CampaignBody => ({ title, framework, from, until, message, organisations: [], revision });
export const newBody = (today: string, framework: string): CampaignBody => ({ title: '', framework, from: today, until: monthsAfter(today, 2), message: '', organisations: null, revision: 0 });

export const COMPARED = ['title', 'from', 'until', 'message'] as const;
export type Compared = (typeof COMPARED)[number];
/** The fields in which two versions differ. */
export const differing = (mine: CampaignBody, theirs: Campaign): Compared[] => COMPARED.filter((field) => mine[field].trim() !== theirs[field]);

/** What an organisation is still to be told of: not what is closed, nor what it finished and that is over. */
export const toTell = (campaigns: readonly OwnCampaign[]): OwnCampaign[] =>
  campaigns.filter(({ closed_at, progress, days_left }) => closed_at === null && (progress !== 'closed' || days_left >= 0)).sort((a, b) => a.until.localeCompare(b.until));
