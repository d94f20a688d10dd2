// Every figure of a day, as the table and the spreadsheet have it.
import { formatNumber, type Column } from '@haubert/ui';
import type { IndicatorDay } from '../../api/progress-types';
import { t } from '../../i18n';
import { dayText } from '../plan/words';

export interface Figure {
  key: string;
  label: string;
  value: (day: IndicatorDay) => number | string | null;
  /** Not in the table on the screen, where there is no room for everything. */
  fileOnly?: boolean;
}

export function figures(): Figure[] {
  const tracks = (['declared', 'evidenced', 'audited'] as const).flatMap((track) =>
    (['least', 'most'] as const).map((side): Figure => ({
      key: `${track}-${side}`,
      label: t(`progress.${side}`, { track: t(`trace.${track}`) }),
      value: (day) => (day[track] ? Math.round(day[track][side]) : null),
      fileOnly: side === 'most' && track !== 'declared',
    })),
  );
  const levels = ['high', 'medium', 'low'] as const;
  return [
    ...tracks,
    { key: 'known', label: t('trace.known'), value: ({ known }) => known ?? null },
    { key: 'measures', label: t('trace.measures'), value: ({ measures }) => measures ?? null, fileOnly: true },
    ...levels.map((level): Figure => ({ key: level, label: t(`trace.${level}`), value: ({ current_risks }) => current_risks?.[level] ?? null })),
    ...levels.map((level): Figure => ({ key: `entered-${level}`, label: t(`progress.entered.${level}`), value: ({ risks }) => risks?.[level] ?? null, fileOnly: true })),
    { key: 'open', label: t('trace.open'), value: ({ actions_open }) => actions_open ?? null },
    { key: 'overdue', label: t('trace.overdue'), value: ({ actions_overdue }) => actions_overdue ?? null },
    { key: 'done', label: t('trace.done'), value: ({ actions_done }) => actions_done ?? null },
    { key: 'contradicted', label: t('trace.contradicted'), value: ({ contradicted }) => contradicted ?? null },
    { key: 'alerts', label: t('progress.alerts'), value: ({ alerts }) => alerts ?? null, fileOnly: true },
    { key: 'witnesses', label: t('progress.witnesses'), value: ({ witnesses }) => witnesses ?? null, fileOnly: true },
    { key: 'grade', label: t('progress.grade'), value: ({ grade }) => grade ?? null, fileOnly: true },
  ];
}

export const columns = (): Column<IndicatorDay>[] => [
  { key: 'day', label: t('progress.day'), value: ({ day }) => day, text: ({ day }) => dayText(day), header: true },
  ...figures()
    .filter(({ fileOnly }) => !fileOnly)
    .map(({ key, label, value }): Column<IndicatorDay> => ({ key, label, value, text: (day) => (typeof value(day) === 'number' ? formatNumber(value(day) as number, 0) : '–'), align: 'end' })),
];
