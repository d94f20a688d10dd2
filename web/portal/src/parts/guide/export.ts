// The sheets of the guide as a list, to be taken along.
import type { GuideEntry } from '../../api/standing-types';
import { tableOf, type ExportTable } from '../../export/table';
import { say, t } from '../../i18n';

export const guideTable = (shown: readonly GuideEntry[]): ExportTable =>
  tableOf('guide', t('guide.title'), [
    { key: 'measure', title: t('measures.id'), value: ({ measure }) => measure },
    { key: 'name', title: t('measures.name'), value: ({ name }) => say(name) },
    { key: 'theme', title: t('guide.theme'), value: ({ theme }) => say(theme) },
    { key: 'summary', title: t('export.summary'), value: ({ summary }) => say(summary) },
    { key: 'importance', title: t('guide.importance'), value: ({ importance }) => importance, text: ({ importance }) => t(`importance.${importance}`) },
    { key: 'effort', title: t('guide.effort'), value: ({ effort }) => effort, text: ({ effort }) => t(`effort.${effort}`) },
    { key: 'cost', title: t('measures.cost'), value: ({ cost }) => cost, text: ({ cost }) => t(`cost.${cost}`) },
  ], shown);
