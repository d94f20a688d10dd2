// What the hub's API says of campaigns, as its handlers write it.
import type { AssessmentSummary } from './library-types';

export type CampaignProgress = 'not_begun' | 'begun' | 'closed';
export type CampaignReminder = 'in_14_days' | 'in_3_days' | 'overdue';
export interface Campaign {
  id: string;
  title: string;
  framework: string;
  /** Days: `2027-01-31`. */
  from: string;
  until: string;
  /** Less than 0 when it is over. */
  days_left: number;
  message: string;
  revision: number;
  created_at: string;
  created_by: string;
  changed_at: string;
  changed_by: string;
  closed_at: string | null;
  closed_by: string | null;
}
export interface CampaignStep {
  organisation_id: string;
  organisation: string;
  progress: CampaignProgress;
  percent: number;
  assessment_id: string | null;
}
export interface CampaignReminderDue {
  organisation_id: string;
  organisation: string;
  reminder: CampaignReminder;
}
export type CampaignWithProgress = Campaign & { organisations: CampaignStep[]; reminders: CampaignReminderDue[] };
export type OwnCampaign = Campaign & {
  progress: CampaignProgress;
  percent: number;
  reminder: CampaignReminder | null;
  assessment: AssessmentSummary | null;
  can_begin: boolean;
};
export interface CampaignBody {
  title: string;
  framework: string;
  from: string;
  until: string;
  message: string;
  /** Whom it invites, beside those who are invited already; nothing for all that there are. */
  organisations: string[] | null;
  revision: number;
}
