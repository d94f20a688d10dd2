// The community to be taken along: one line for each organisation.
import { tableOf, type ExportTable } from '@haubert/ui';
import { t } from '../../i18n';
import type { CommunityRow } from '../../state/community';
import { stepText } from '../campaigns/words';

const whole = (value: number | undefined): number | null => (value === undefined ? null : Math.round(value));

export const communityTable = (rows: readonly CommunityRow[], gradeText: (row: CommunityRow) => string): ExportTable =>
  tableOf('community', t('community.title'), [
    { key: 'organisation', title: t('risk.organisation'), value: ({ organisation }) => organisation.name },
    { key: 'kind', title: t('community.kind'), value: ({ organisation }) => organisation.kind, text: ({ organisation }) => t(`kind.${organisation.kind}`) },
    { key: 'declared', title: t('track.declared'), value: ({ figures }) => whole(figures?.declared?.least) },
    { key: 'declared_most', title: t('community.declared_most'), value: ({ figures }) => whole(figures?.declared?.most) },
    { key: 'evidenced', title: t('track.evidenced'), value: ({ figures }) => whole(figures?.evidenced?.least) },
    { key: 'audited', title: t('track.audited'), value: ({ figures }) => whole(figures?.audited?.least) },
    { key: 'grade', title: t('community.grade'), value: ({ figures }) => figures?.grade, text: gradeText },
    { key: 'risks_high', title: t('community.high'), value: ({ figures }) => figures?.current_risks?.high },
    { key: 'risks_medium', title: t('community.medium'), value: ({ figures }) => figures?.current_risks?.medium },
    { key: 'risks_low', title: t('community.low'), value: ({ figures }) => figures?.current_risks?.low },
    { key: 'actions_overdue', title: t('community.overdue'), value: ({ figures }) => figures?.actions_overdue },
    { key: 'day', title: t('community.day'), value: ({ figures }) => figures?.day, kind: 'day' },
    {
      key: 'campaigns',
      title: t('campaigns.title'),
      value: ({ campaigns }) => campaigns.map(({ title }) => title),
      text: ({ campaigns }) => campaigns.map((one) => t('community.campaign', { title: one.title, state: stepText(one) })).join('; '),
    },
  ], rows);
