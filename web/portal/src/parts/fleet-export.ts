// Gateways, and what one of them says, to be taken along.
import { checkName, findingText, verdictWord } from '@haubert/ui';
import type { Gateway, PostureFinding, Release } from '../api/types';
import { tableOf, type ExportTable } from '../export/table';
import { t } from '../i18n';
import type { LoadRow } from '../state/live';
import { devicesNow, powerNow, silentOf, totalOf, type Row } from '../state/table';
import { qualityWord, quantityName, stateWord, usageName } from './words';

const stateOf = ({ state, online }: Gateway): string => (state === 'enrolled' ? (online ? 'online' : 'offline') : state);

export const fleetTable = (shown: readonly Row[]): ExportTable =>
  tableOf('gateways', t('fleet.title'), [
    { key: 'name', title: t('fleet.column.name'), value: ({ gateway }) => gateway.name },
    { key: 'state', title: t('fleet.column.state'), value: ({ gateway }) => stateOf(gateway), text: ({ gateway }) => stateWord(gateway) },
    { key: 'organisation', title: t('fleet.column.organisation'), value: ({ gateway }) => gateway.organisation_name },
    { key: 'site', title: t('fleet.column.site'), value: ({ gateway }) => gateway.site_name },
    { key: 'last_seen_at', title: t('fleet.column.last_seen'), value: ({ gateway }) => gateway.last_seen_at, kind: 'time' },
    { key: 'version', title: t('fleet.column.version'), value: ({ gateway }) => gateway.version },
    { key: 'backlog_chunks', title: t('fleet.column.backlog'), value: ({ gateway }) => gateway.backlog_chunks },
    { key: 'devices', title: t('fleet.column.devices'), value: ({ gateway }) => figure(gateway, totalOf) },
    { key: 'devices_silent', title: t('export.silent'), value: ({ gateway }) => figure(gateway, silentOf) },
    { key: 'power_w', title: `${t('fleet.column.power')} (W)`, value: ({ gateway }) => powerNow(gateway) },
    { key: 'id', title: t('export.id'), value: ({ gateway }) => gateway.id },
  ], shown);

function figure(gateway: Gateway, of: typeof totalOf): number | null {
  const counts = devicesNow(gateway);
  return counts && of(counts);
}

/** Every quantity of every load that is shown. */
export const liveTable = (shown: readonly LoadRow[]): ExportTable =>
  tableOf('live', t('gateway.live_caption'), [
    { key: 'load', title: t('gateway.load'), value: ({ row }) => row.name },
    { key: 'device', title: t('gateway.device'), value: ({ row }) => row.device },
    { key: 'usage', title: t('gateway.usage'), value: ({ row }) => row.usage, text: ({ row }) => usageName(row.usage) },
    { key: 'quantity', title: t('gateway.quantity'), value: ({ one }) => one.quantity, text: ({ one }) => quantityName(one.quantity) },
    { key: 'value', title: t('gateway.value'), value: ({ one }) => one.value },
    { key: 'unit', title: t('export.unit'), value: ({ one }) => one.unit },
    { key: 'at', title: t('gateway.measured'), value: ({ one }) => one.at, kind: 'time' },
    { key: 'quality', title: t('gateway.quality'), value: ({ one }) => one.quality, text: ({ one }) => qualityWord(one.quality, one.reason) },
  ], shown.flatMap((row) => row.values.map((one) => ({ row, one }))));

export const postureTable = (shown: readonly PostureFinding[]): ExportTable =>
  tableOf('posture', t('posture.findings'), [
    { key: 'check', title: t('posture.check'), value: ({ check }) => check, text: ({ check }) => checkName(check) },
    { key: 'verdict', title: t('posture.state'), value: ({ verdict }) => verdict, text: ({ verdict }) => verdictWord(verdict) },
    { key: 'proof', title: t('posture.proof'), value: (one) => findingText(one) },
  ], shown);

export const releasesTable = (shown: readonly Release[]): ExportTable =>
  tableOf('releases', t('releases.title'), [
    { key: 'product', title: t('releases.product'), value: ({ product }) => product },
    { key: 'version', title: t('releases.version'), value: ({ version }) => version },
    { key: 'architecture', title: t('releases.architecture'), value: ({ architecture }) => architecture },
    { key: 'released_on', title: t('releases.released'), value: ({ released_on }) => released_on, kind: 'day' },
    { key: 'bytes', title: `${t('releases.size')} (B)`, value: ({ bytes }) => bytes },
    { key: 'id', title: t('export.id'), value: ({ id }) => id },
  ], shown);
