// The labels of an organisation, and what each grade still lacks, to be taken along.
import { tableOf, tenths, type ExportTable } from '@haubert/ui';
import type { LabelAward } from '../../api/plan-types';
import type { Grade, Shortfall, Standing } from '../../api/standing-types';
import { say, t } from '../../i18n';
import { awardState, givable } from '../../state/label';
import { shortfallText, themeText } from './words';

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

/** One line for each thing that a grade lacks; a grade that lacks nothing has a line too. */
export function gradesTable({ label, audited, themes }: Pick<Standing, 'label' | 'audited' | 'themes'>): ExportTable {
  const reached = new Set(givable(label));
  const rows = label.grades.flatMap((grade): { grade: Grade; missing: Shortfall | 'audit' | null }[] => {
    // An audit that nobody has made yet is the one thing missing that no figure tells.
    if (grade.audit && audited === null) return [{ grade, missing: 'audit' }];
    return grade.shortfalls.length === 0 ? [{ grade, missing: null }] : grade.shortfalls.map((missing) => ({ grade, missing }));
  });
  const short = (missing: Shortfall | 'audit' | null): Shortfall | null => (missing === 'audit' ? null : missing);
  const themeOf = (missing: Shortfall | 'audit' | null): string | null => {
    const known = short(missing);
    return known && 'theme' in known ? known.theme : null;
  };
  return tableOf('grades', t('label.chain'), [
    { key: 'grade', title: t('award.grade'), value: ({ grade }) => grade.id, text: ({ grade }) => say(grade.title) },
    { key: 'track', title: t('themes.by'), value: ({ grade }) => grade.track, text: ({ grade }) => t(`track.${grade.track}`) },
    { key: 'is_reached', title: t('label.export.reached'), value: ({ grade }) => reached.has(grade) },
    {
      key: 'missing',
      title: t('label.export.missing'),
      value: ({ missing }) => (missing === 'audit' ? missing : missing?.kind),
      text: ({ missing }) => (missing === 'audit' ? t('label.short.audit') : missing ? shortfallText(missing, themes) : ''),
    },
    { key: 'theme', title: t('measures.theme'), value: ({ missing }) => themeOf(missing), text: ({ missing }) => themeText(themeOf(missing) ?? '', themes) },
    { key: 'is', title: t('label.export.is'), value: ({ missing }) => tenths(short(missing)?.is) },
    { key: 'asked', title: t('label.export.asked'), value: ({ missing }) => tenths(short(missing)?.asked) },
  ], rows);
}
