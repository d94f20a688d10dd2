// The sheets of the guide as a list, and one of them, to be taken along.
import { tableOf, type ExportTable } from '@haubert/ui';
import type { GuideEntry, GuideSheet, Words } from '../../api/standing-types';
import { say, t } from '../../i18n';
import { guide } from '../../state/guide.svelte';
import { citedIn } from './words';

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

interface Line {
  part: string;
  title: string;
  text: string;
}

/** A measure by its id, and by its name where that is known. */
const named = (id: string): string => [...new Set([id, guide.name(id)])].join(' ');

/** One line for each thing that a sheet says, in the order in which it says it. */
export function sheetTable({ measure, name, importance, effort, cost, sheet, references }: GuideSheet): ExportTable {
  const line = (part: string, title: string, text: string): Line => ({ part, title, text });
  const each = (part: string, title: string, texts: readonly Words[]): Line[] => texts.map((text) => line(part, title, say(text)));
  const lines = [
    line('name', t('measures.name'), say(name)),
    line('importance', t('guide.importance'), t(`importance.${importance}`)),
    line('effort', t('guide.effort'), t(`effort.${effort}`)),
    line('cost', t('measures.cost'), t(`cost.${cost}`)),
    line('summary', t('export.summary'), say(sheet.summary)),
    line('why', t('guide.why'), say(sheet.why)),
    ...each('how', t('guide.how'), sheet.how),
    line('level_1', t('guide.level_1'), say(sheet.level_1)),
    line('level_2', t('guide.level_2'), say(sheet.level_2)),
    ...each('plant', t('guide.plant'), sheet.plant ? [sheet.plant] : []),
    line('who', t('guide.who'), say(sheet.who)),
    line('time', t('guide.time'), say(sheet.time)),
    line('to_buy', t('guide.cost'), say(sheet.cost)),
    ...each('pitfall', t('guide.pitfalls'), sheet.pitfalls),
    ...each('proof', t('guide.proof'), sheet.proof),
    ...sheet.see_also.map((id) => line('see_also', t('guide.see_also'), named(id))),
    ...citedIn(references).map(({ name: text, ids }) => line(`reference_${text}`, t(`guide.ref.${text}`), ids)),
  ];
  return tableOf('sheet', say(name), [
    { key: 'measure', title: t('measures.id'), value: () => measure },
    { key: 'part', title: t('guide.export.part'), value: ({ part }) => part, text: ({ title }) => title },
    { key: 'text', title: t('guide.export.text'), value: ({ text }) => text },
  ], lines);
}
