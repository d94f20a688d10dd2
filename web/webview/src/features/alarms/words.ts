/** Alarms in words. */
import { formatQuantity, type RingState } from '@haubert/ui';
import type { Alarm, AlarmRule, Load } from '../../api/types.js';
import { t } from '../../i18n/index.js';
import { quantityLabel } from '../../words/labels.js';
import { loadAt } from './rules.js';

export const CRITICALITY_RING: Record<Alarm['criticality'], RingState> = { information: 'declared', not_critical: 'weak', critical: 'fails' };
export const criticalityText = (of: Alarm['criticality']): string => t(`alarms.criticality.${of}`);
const STATE_RING: Record<Alarm['state'], RingState> = { active: 'fails', finished: 'weak', over: 'holds' };
export const stateRing = (alarm: Alarm): RingState => (alarm.state === 'active' && alarm.criticality !== 'critical' ? CRITICALITY_RING[alarm.criticality] : STATE_RING[alarm.state]);
export const stateText = (alarm: Alarm): string => t(alarm.state === 'active' && alarm.acknowledged_at ? 'alarms.state.active_seen' : `alarms.state.${alarm.state}`);

const figure = (value: number | null | undefined, unit: string | null | undefined): string => formatQuantity(value, unit ?? '').text;
const joined = (words: readonly string[]): string => words.join(', ');

/** What raised it. */
export function causeText(alarm: Alarm, loads: readonly Load[]): string {
  const { cause } = alarm;
  if (!cause && alarm.notice) return noticeName(alarm.notice);
  if (!cause) return alarm.device ? t('alarms.no_answer', { name: alarm.device }) : t(`alarms.kind.${alarm.kind as 'system'}`);
  const what = { quantity: quantityLabel(cause.point.quantity), load: loadAt(loads, cause.point)?.name ?? t('alarms.gone_load') };
  const value = figure(alarm.reached ?? cause.value, alarm.unit);
  if (cause.threshold === null) return t('alarms.cause_input', { ...what, value: figure(cause.value, alarm.unit) });
  return t(cause.side === 'low' ? 'alarms.cause_low' : 'alarms.cause_high', { ...what, value, threshold: figure(cause.threshold, alarm.unit) });
}

/** When it is raised. */
export function conditionText({ rule, unit }: AlarmRule, loads: readonly Load[], rules: readonly AlarmRule[]): string {
  const { condition } = rule;
  const ruleName = (id: string) => rules.find((one) => one.id === id)?.rule.name ?? t('alarms.gone_rule');
  const of = (points: readonly { device: string; channel: number; quantity: string }[]) => ({
    quantity: joined(points.map(({ quantity }) => quantityLabel(quantity))),
    load: (points[0] && loadAt(loads, points[0])?.name) ?? t('alarms.gone_load'),
  });
  switch (condition.kind) {
    case 'analogue': {
      const high = condition.high === null || condition.high === undefined ? '' : t('alarms.above', { value: figure(condition.high, unit) });
      const low = condition.low === null || condition.low === undefined ? '' : t('alarms.below', { value: figure(condition.low, unit) });
      const limits = high && low ? t('alarms.or', { a: high, b: low }) : high || low;
      const text = t('alarms.when_value', { ...of(condition.points), limits });
      return condition.points.length > 1 ? `${text} (${t(condition.join === 'and' ? 'alarms.all_of' : 'alarms.one_of')})` : text;
    }
    case 'logical':
      return t(condition.is_on ? 'alarms.when_on' : 'alarms.when_off', of([condition.point]));
    case 'combination':
      return t(condition.join === 'and' ? 'alarms.when_both' : 'alarms.when_one', { a: ruleName(condition.first), b: ruleName(condition.second) });
    case 'energy':
      return t(`alarms.when_energy.${condition.period}`, { ...of([condition.point]), value: figure(condition.reach, unit) });
    case 'voltage':
      return t(`alarms.when_voltage.${condition.event}`, { ...of(condition.points), value: figure(condition.nominal_v, 'V') });
    case 'communication': {
      const name = loads.find((load) => load.device_id === condition.device)?.device_name;
      return condition.device ? t('alarms.no_answer', { name: name ?? t('alarms.gone_device') }) : t('alarms.no_answer_any');
    }
    case 'system':
      return noticeName(condition.notice);
  }
}

/** A notice's short name. */
export const noticeName = (code: string): string => t.dynamic(`alarms.notice.${code}`, {}, code);
