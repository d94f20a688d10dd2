/** Alarms and rules as they leave the screen. */
import { tableOf, type ExportTable } from '@haubert/ui';
import type { Alarm, AlarmRule, Load } from '../../api/types.js';
import { t } from '../../i18n/index.js';
import { causeText, conditionText, criticalityText, stateText } from './words.js';

export const alarmsTable = (title: string, alarms: readonly Alarm[], loads: readonly Load[]): ExportTable =>
  tableOf<Alarm>('alarms', title, [
    { key: 'criticality', title: t('alarms.criticality'), value: ({ criticality }) => criticality, text: ({ criticality }) => criticalityText(criticality) },
    { key: 'alarm', title: t('alarms.alarm'), value: ({ name }) => name },
    { key: 'device', title: t('common.device'), value: ({ device }) => device },
    { key: 'cause', title: t('alarms.cause'), value: (alarm) => causeText(alarm, loads) },
    { key: 'threshold', title: t('alarms.threshold'), value: ({ cause }) => cause?.threshold ?? null },
    { key: 'reached', title: t('alarms.reached'), value: ({ reached, cause }) => reached ?? cause?.value ?? null },
    { key: 'unit', title: t('alarms.unit'), value: ({ unit }) => unit },
    { key: 'state', title: t('common.state'), value: ({ state }) => state, text: stateText },
    { key: 'began_at', title: t('alarms.since'), kind: 'time', value: ({ began_at }) => began_at },
    { key: 'ended_at', title: t('alarms.until'), kind: 'time', value: ({ ended_at }) => ended_at },
    { key: 'acknowledged_at', title: t('alarms.seen_at'), kind: 'time', value: ({ acknowledged_at }) => acknowledged_at },
    { key: 'acknowledged_by', title: t('alarms.seen'), value: ({ acknowledged_by }) => acknowledged_by },
    { key: 'note', title: t('alarms.note'), value: ({ note }) => note },
  ], alarms);

export const rulesTable = (shown: readonly AlarmRule[], all: readonly AlarmRule[], loads: readonly Load[]): ExportTable =>
  tableOf<AlarmRule>('alarm_rules', t('alarms.rules'), [
    { key: 'name', title: t('common.name'), value: ({ rule }) => rule.name },
    { key: 'when', title: t('alarms.when'), value: (one) => conditionText(one, loads, all) },
    { key: 'criticality', title: t('alarms.criticality'), value: ({ rule }) => rule.criticality, text: ({ rule }) => criticalityText(rule.criticality) },
    { key: 'start_delay_s', title: t('alarms.start_delay'), value: ({ rule }) => rule.start_delay_s },
    { key: 'drop_delay_s', title: t('alarms.drop_delay'), value: ({ rule }) => rule.drop_delay_s },
    { key: 'acknowledgement', title: t('alarms.manual_column'), value: ({ rule }) => rule.acknowledgement, text: ({ rule }) => t(rule.acknowledgement === 'manual' ? 'alarms.by_somebody' : 'alarms.by_nobody') },
    { key: 'enabled', title: t('alarms.watched'), value: ({ rule }) => rule.enabled },
  ], shown);
