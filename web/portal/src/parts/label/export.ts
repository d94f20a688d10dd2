// The labels of an organisation to be taken along.
import type { LabelAward } from '../../api/plan-types';
import { tableOf, type ExportTable } from '../../export/table';
import { say, t } from '../../i18n';
import { awardState } from '../../state/label';

export const awardsTable = (shown: readonly LabelAward[]): ExportTable =>
  tableOf('labels', t('award.title'), [
    { key: 'grade', title: t('award.grade'), value: ({ grade }) => grade, text: ({ title }) => say(title) },
    { key: 'state', title: t('award.state'), value: awardState, text: (one) => t(`award.state.${awardState(one)}`) },
    { key: 'issued_at', title: t('award.issued'), value: ({ issued_at }) => issued_at, kind: 'time' },
    { key: 'expires_at', title: t('award.until'), value: ({ expires_at }) => expires_at, kind: 'time' },
    { key: 'issued_by', title: t('award.by'), value: ({ issued_by }) => issued_by },
    { key: 'code', title: t('award.code'), value: ({ code }) => code },
    { key: 'withdrawn_because', title: t('award.reason'), value: ({ withdrawn_because }) => withdrawn_because },
    { key: 'url', title: t('award.address'), value: ({ url }) => url },
  ], shown);
