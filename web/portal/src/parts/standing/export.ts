// The measures of a company as a table for a spreadsheet, in the reader's language.
import { tu } from '@haubert/ui';
import type { Standing } from '../../api/standing-types';
import { say, t } from '../../i18n';
import { saveCsv } from '../../state/csv';

const percent = (part: number | null): number | '' => (part === null ? '' : Math.round(100 * part));

function rows({ measures, themes }: Standing): (string | number)[][] {
  const names = new Map(themes.map(({ id, name }) => [id, say(name)]));
  const columns = ['id', 'name', 'theme', 'importance', 'effort', 'cost', 'declared', 'proven', 'state', 'contradicted'] as const;
  const head = columns.map((column) => t(`measures.${column}`));
  return [
    head.map((name, at) => (columns[at] === 'declared' || columns[at] === 'proven' ? `${name} (%)` : name)),
    ...measures.map((measure) => [
      measure.id,
      say(measure.name),
      names.get(measure.theme) ?? measure.theme,
      t(`importance.${measure.importance}`),
      t(`effort.${measure.effort}`),
      t(`cost.${measure.cost}`),
      percent(measure.declared),
      percent(measure.proven),
      measure.ring === null ? t('measures.not_applicable') : tu(`ring.${measure.ring}`),
      t(measure.contradicted ? 'measures.yes' : 'measures.no'),
    ]),
  ];
}

export const saveMeasures = (standing: Standing, organisation: string): void => saveCsv(rows(standing), organisation);
