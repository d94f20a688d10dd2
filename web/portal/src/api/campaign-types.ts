// Short names for what the hub's API says of campaigns.
import type { components } from './schema';

type Schemas = components['schemas'];

export type CampaignProgress = Schemas['CampaignProgress'];
export type CampaignReminder = Schemas['CampaignReminder'];
export type Campaign = Schemas['Campaign'];
export type CampaignStep = Schemas['CampaignStep'];
export type CampaignReminderDue = Schemas['CampaignReminderDue'];
export type CampaignWithProgress = Schemas['CampaignWithProgress'];
export type OwnCampaign = Schemas['OwnCampaign'];
/** A form sends every field, even an empty one. */
export type CampaignBody = Required<Schemas['CampaignBody']>;
