// One line for each measure that bears on an identifier, for a spreadsheet; an identifier without any has a line too.
import { tu } from '@haubert/ui';
import type { MappingTarget } from '../../api/mapping-types';
import { t } from '../../i18n';
import { saveCsv } from '../../state/csv';
import { guide } from '../../state/guide.svelte';
import type { MappingRow } from '../../state/mapping';
import { identifierText, stateText } from './words';

const percent = (part: number | null): number | '' => (part === null ? '' : Math.round(100 * part));

export function saveMapping(to: MappingTarget, rows: readonly MappingRow[], organisation: string): void {
  const head = [t('mapping.identifier'), t('mapping.state'), t('measures.id'), t('mapping.measure'), t('mapping.measure_state'), `${t('measures.declared')} (%)`, `${t('measures.proven')} (%)`];
  const lines = rows.flatMap((row) => {
    const named = [identifierText(to, row.id), stateText(row.state)];
    if (row.measures.length === 0) return [[...named, '', '', '', '', '']];
    return row.measures.map(({ measure, ring, declared, proven }) => [...named, measure, guide.name(measure), ring === null ? t('mapping.not_asked') : tu(`ring.${ring}`), percent(declared), percent(proven)]);
  });
  saveCsv([head, ...lines], organisation, t(`mapping.to.${to}`));
}
