// How far everybody is, as a table for a spreadsheet.
import type { CampaignWithProgress } from '../../api/campaign-types';
import { t } from '../../i18n';
import { saveCsv } from '../../state/csv';

export function saveProgress({ title, organisations, reminders }: CampaignWithProgress): void {
  const due = new Map(reminders.map(({ organisation_id, reminder }) => [organisation_id, reminder]));
  const rows = organisations.map(({ organisation_id, organisation, progress, percent }) => {
    const reminder = due.get(organisation_id);
    return [organisation, t(`campaigns.progress.${progress}`), percent, reminder ? t(`campaigns.reminder.${reminder}`) : ''];
  });
  saveCsv([[t('risk.organisation'), t('campaigns.progress'), t('campaigns.percent'), t('campaigns.reminder')], ...rows], title);
}
