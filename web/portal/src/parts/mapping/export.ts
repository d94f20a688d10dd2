// One line for each measure that bears on an identifier, to be taken along; an identifier without any has a line too.
import { tableOf, tu, type ExportTable } from '@haubert/ui';
import type { MappedMeasure, MappingTarget } from '../../api/mapping-types';
import { t } from '../../i18n';
import { guide } from '../../state/guide.svelte';
import type { MappingRow } from '../../state/mapping';
import { identifierText, stateText } from './words';

const percent = (part: number | null | undefined): number | null => (part === null || part === undefined ? null : Math.round(100 * part));

export function mappingTable(to: MappingTarget, shown: readonly MappingRow[]): ExportTable {
  const rows = shown.flatMap((row): { row: MappingRow; one?: MappedMeasure }[] => (row.measures.length === 0 ? [{ row }] : row.measures.map((one) => ({ row, one }))));
  return tableOf('mapping', t(`mapping.to.${to}`), [
    { key: 'identifier', title: t('mapping.identifier'), value: ({ row }) => row.id, text: ({ row }) => identifierText(to, row.id) },
    { key: 'state', title: t('mapping.state'), value: ({ row }) => row.state, text: ({ row }) => stateText(row.state) },
    { key: 'measure', title: t('measures.id'), value: ({ one }) => one?.measure },
    { key: 'measure_name', title: t('mapping.measure'), value: ({ one }) => (one ? guide.name(one.measure) : null) },
    { key: 'measure_state', title: t('mapping.measure_state'), value: ({ one }) => one?.ring, text: ({ one }) => (!one ? '' : one.ring === null ? t('mapping.not_asked') : tu(`ring.${one.ring}`)) },
    { key: 'declared_percent', title: `${t('measures.declared')} (%)`, value: ({ one }) => percent(one?.declared) },
    { key: 'proven_percent', title: `${t('measures.proven')} (%)`, value: ({ one }) => percent(one?.proven) },
  ], rows);
}
