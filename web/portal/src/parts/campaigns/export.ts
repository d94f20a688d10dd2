// Campaigns, and how far everybody is, to be taken along.
import { tableOf, type ExportTable } from '@haubert/ui';
import type { Campaign, CampaignStep, CampaignWithProgress } from '../../api/campaign-types';
import { t } from '../../i18n';
import { stateOf } from '../../state/campaigns';

export const campaignsTable = (campaigns: readonly Campaign[], today: string, frameworkName: (ref: string) => string): ExportTable =>
  tableOf('campaigns', t('campaigns.title'), [
    { key: 'title', title: t('campaigns.name'), value: ({ title }) => title },
    { key: 'state', title: t('campaigns.state'), value: (one) => stateOf(one, today), text: (one) => t(`campaigns.state.${stateOf(one, today)}`) },
    { key: 'from', title: t('campaigns.from'), value: ({ from }) => from, kind: 'day' },
    { key: 'until', title: t('campaigns.until'), value: ({ until }) => until, kind: 'day' },
    { key: 'framework', title: t('campaigns.framework'), value: ({ framework }) => framework, text: ({ framework }) => frameworkName(framework) },
  ], campaigns);

export function progressTable(shown: readonly CampaignStep[], { title, reminders }: CampaignWithProgress): ExportTable {
  const due = new Map(reminders.map(({ organisation_id, reminder }) => [organisation_id, reminder]));
  return tableOf('campaign_progress', title, [
    { key: 'organisation', title: t('risk.organisation'), value: ({ organisation }) => organisation },
    { key: 'progress', title: t('campaigns.progress'), value: ({ progress }) => progress, text: ({ progress }) => t(`campaigns.progress.${progress}`) },
    { key: 'percent', title: t('campaigns.percent'), value: ({ percent }) => percent },
    {
      key: 'reminder',
      title: t('campaigns.reminder'),
      value: ({ organisation_id }) => due.get(organisation_id),
      text: ({ organisation_id }) => {
        const reminder = due.get(organisation_id);
        return reminder ? t(`campaigns.reminder.${reminder}`) : '';
      },
    },
  ], shown);
}
