// The community as a table for a spreadsheet: one line for each organisation.
import { t } from '../../i18n';
import type { CommunityRow } from '../../state/community';
import { saveCsv } from '../../state/csv';
import { stepText } from '../campaigns/words';

const whole = (value: number | undefined): number | '' => (value === undefined ? '' : Math.round(value));

export function saveCommunity(rows: readonly CommunityRow[], gradeText: (row: CommunityRow) => string): void {
  const head = [
    t('risk.organisation'), t('community.kind'), t('track.declared'), t('community.declared_most'), t('track.evidenced'), t('track.audited'), t('community.grade'),
    t('community.high'), t('community.medium'), t('community.low'), t('community.overdue'), t('community.day'), t('campaigns.title'),
  ];
  const lines = rows.map((row) => {
    const { organisation, figures, campaigns } = row;
    return [
      organisation.name, t(`kind.${organisation.kind}`), whole(figures?.declared?.least), whole(figures?.declared?.most), whole(figures?.evidenced?.least), whole(figures?.audited?.least), gradeText(row),
      figures?.current_risks?.high ?? '', figures?.current_risks?.medium ?? '', figures?.current_risks?.low ?? '', figures?.actions_overdue ?? '', figures?.day ?? '',
      campaigns.map((one) => t('community.campaign', { title: one.title, state: stepText(one) })).join('; '),
    ];
  });
  saveCsv([head, ...lines], t('community.title'));
}
