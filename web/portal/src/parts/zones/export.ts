// Zones, conduits and what is outside of them, to be taken along.
import { tableOf, type ExportTable } from '@haubert/ui';
import { t } from '../../i18n';
import type { Segments } from '../../state/segments.svelte';
import type { Conduit } from '../../api/inventory-types';

const remarksOn = ({ remarks }: Segments, id: string) => remarks.filter(({ on }) => on === id).map(({ kind }) => kind);
const remarksText = (segments: Segments, id: string): string => remarksOn(segments, id).map((kind) => t(`zones.remark.${kind}`)).join(' ');

export const zonesTable = (segments: Segments): ExportTable =>
  tableOf('zones', t('zones.list'), [
    { key: 'name', title: t('asset.zone'), value: ({ name }) => name },
    { key: 'target_level', title: t('zones.level'), value: ({ target_level }) => target_level },
    { key: 'purpose', title: t('zone_form.purpose'), value: ({ purpose }) => purpose },
    { key: 'remarks', title: t('zones.remarks'), value: ({ id }) => remarksOn(segments, id), text: ({ id }) => remarksText(segments, id) },
    { key: 'assets', title: t('inventory.title'), value: ({ id }) => segments.within(id).map(({ name }) => name) },
    { key: 'id', title: t('export.id'), value: ({ id }) => id },
  ], segments.zones);

export const unzonedTable = ({ without }: Pick<Segments, 'without'>): ExportTable =>
  tableOf('assets_without_zone', t('zones.without_title'), [
    { key: 'name', title: t('asset.name'), value: ({ name }) => name },
    { key: 'criticality', title: t('asset.criticality'), value: ({ criticality }) => criticality },
    { key: 'id', title: t('export.id'), value: ({ id }) => id },
  ], without);

export const conduitsTable = (shown: readonly Conduit[], segments: Segments): ExportTable =>
  tableOf('conduits', t('zones.conduits'), [
    { key: 'name', title: t('conduit.name'), value: ({ name }) => name },
    { key: 'from', title: t('conduit.from'), value: ({ from_zone_id }) => segments.zoneName(from_zone_id) },
    { key: 'to', title: t('conduit.to'), value: ({ to_zone_id }) => segments.zoneName(to_zone_id) },
    { key: 'direction', title: t('conduit.direction'), value: ({ direction }) => direction, text: ({ direction }) => t(`conduit.${direction}`) },
    { key: 'protocols', title: t('conduit.protocols'), value: ({ protocols }) => protocols },
    { key: 'target_level', title: t('zones.level'), value: ({ target_level }) => target_level },
    { key: 'note', title: t('conduit.note'), value: ({ note }) => note },
    { key: 'remarks', title: t('zones.remarks'), value: ({ id }) => remarksOn(segments, id), text: ({ id }) => remarksText(segments, id) },
    { key: 'id', title: t('export.id'), value: ({ id }) => id },
  ], shown);
