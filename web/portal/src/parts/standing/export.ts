// The measures of a company to be taken along.
import { tu } from '@haubert/ui';
import type { MeasureStanding, Standing } from '../../api/standing-types';
import { tableOf, type ExportTable } from '../../export/table';
import { say, t } from '../../i18n';

const percent = (part: number | null): number | null => (part === null ? null : Math.round(100 * part));

export function measuresTable(shown: readonly MeasureStanding[], { themes }: Standing): ExportTable {
  const names = new Map(themes.map(({ id, name }) => [id, say(name)]));
  return tableOf('measures', t('measures.title'), [
    { key: 'id', title: t('measures.id'), value: ({ id }) => id },
    { key: 'name', title: t('measures.name'), value: ({ name }) => say(name) },
    { key: 'theme', title: t('measures.theme'), value: ({ theme }) => theme, text: ({ theme }) => names.get(theme) ?? theme },
    { key: 'importance', title: t('measures.importance'), value: ({ importance }) => importance, text: ({ importance }) => t(`importance.${importance}`) },
    { key: 'effort', title: t('measures.effort'), value: ({ effort }) => effort, text: ({ effort }) => t(`effort.${effort}`) },
    { key: 'cost', title: t('measures.cost'), value: ({ cost }) => cost, text: ({ cost }) => t(`cost.${cost}`) },
    { key: 'declared_percent', title: `${t('measures.declared')} (%)`, value: ({ declared }) => percent(declared) },
    { key: 'proven_percent', title: `${t('measures.proven')} (%)`, value: ({ proven }) => percent(proven) },
    { key: 'state', title: t('measures.state'), value: ({ ring }) => ring, text: ({ ring }) => (ring === null ? t('measures.not_applicable') : tu(`ring.${ring}`)) },
    { key: 'is_contradicted', title: t('measures.contradicted'), value: ({ contradicted }) => contradicted },
  ], shown);
}
