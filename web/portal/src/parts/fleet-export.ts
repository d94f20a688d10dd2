// Gateways, and what one of them says, to be taken along.
import { checkName, findingText, language, ringWord, tableOf, verdictWord, type ExportTable } from '@haubert/ui';
import type { Gateway, PostureFinding, Release } from '../api/types';
import { t } from '../i18n';
import type { ChainRing } from '../state/chain';
import type { LoadRow } from '../state/live';
import { clockNow, devicesNow, powerNow, silentOf, totalOf, type Row } from '../state/table';
import { qualityWord, quantityName, stateWord, usageName, whyText } from './words';

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

/** One line, as in the list of gateways: what is known of it beyond. */
export const factsTable = (gateway: Gateway): ExportTable =>
  tableOf('facts', t('gateway.facts'), [
    { key: 'name', title: t('fleet.column.name'), value: ({ name }) => name },
    { key: 'state', title: t('fleet.column.state'), value: stateOf, text: stateWord },
    { key: 'power_w', title: `${t('fleet.column.power')} (W)`, value: powerNow },
    { key: 'devices', title: t('fleet.column.devices'), value: (one) => figure(one, totalOf) },
    { key: 'devices_silent', title: t('export.silent'), value: (one) => figure(one, silentOf) },
    { key: 'last_seen_at', title: t('gateway.last_seen'), value: ({ last_seen_at }) => last_seen_at, kind: 'time' },
    { key: 'backlog_chunks', title: t('gateway.backlog'), value: ({ backlog_chunks }) => backlog_chunks },
    { key: 'version', title: t('fleet.column.version'), value: ({ version }) => version },
    { key: 'is_clock_set', title: t('gateway.clock'), value: clockNow, text: clockText },
    { key: 'certificate_expires_at', title: t('gateway.certificate'), value: ({ certificate_expires_at }) => certificate_expires_at, kind: 'time' },
    { key: 'audit_verified_to', title: t('export.verified_to'), value: ({ audit }) => audit?.verified_to },
    { key: 'audit_contradiction', title: t('export.contradiction'), value: ({ audit }) => audit?.contradiction, text: contradictionText },
    { key: 'id', title: t('export.id'), value: ({ id }) => id },
  ], [gateway]);

function clockText(gateway: Gateway): string {
  const set = clockNow(gateway);
  return set === null ? '' : t(set ? 'gateway.clock_set' : 'gateway.clock_not_set');
}
const contradictionText = ({ audit }: Gateway): string =>
  audit?.contradiction ? t(`gateway.audit_alarm.${audit.contradiction}`, { n: audit.verified_to, other: audit.contradicted_seq ?? 0 }) : '';

/** The rings of a data path, from devices to hub. */
export const chainTable = (chain: readonly ChainRing[]): ExportTable =>
  tableOf('data_path', t('gateway.chain'), [
    { key: 'place', title: t('export.ring'), value: ({ place }) => place, text: ({ place }) => t(`place.${place}`) },
    { key: 'state', title: t('fleet.column.state'), value: ({ state }) => state, text: ({ state }) => ringWord(state, language.current) },
    { key: 'reason', title: t('export.why'), value: ({ why }) => why.code, text: ({ why }) => whyText(why) },
  ], chain);

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
