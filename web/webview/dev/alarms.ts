/** The pretended gateway's alarms: one raised, one over that nobody has seen, one of the past. */
import type { Alarm, AlarmRule, AlarmRuleInput } from '../src/api/types.js';
import { devices } from './plant.js';

const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();
const device = devices[0]?.id ?? '';
const point = { device, channel: 1, quantity: 'voltage_l1' as const };
const rule = (at: number, name: string, criticality: AlarmRuleInput['criticality'], condition: AlarmRuleInput['condition'], unit: AlarmRule['unit'] = null): AlarmRule => ({
  id: `00000009-0000-4000-8000-00000000000${at}`, unit,
  rule: { name, enabled: true, criticality, acknowledgement: criticality === 'information' ? 'none' : 'manual', start_delay_s: 2, drop_delay_s: 10, condition },
});
let rules: AlarmRule[] = [
  rule(1, 'Overvoltage at the workshop', 'critical', { kind: 'analogue', points: [point], join: 'or', high: 253, low: 207, hysteresis_percent: 1 }, 'V'),
  rule(2, 'Meter silent', 'not_critical', { kind: 'communication', device: null }),
  rule(3, 'Hub out of reach', 'information', { kind: 'system', notice: 'hub_unreachable' }),
];
const alarm = (id: number, of: number, minutes: number, rest: Partial<Alarm>): Alarm => {
  const { id: rule_id, rule, unit } = rules[of] as AlarmRule;
  return {
    id, rule_id, name: rule.name, criticality: rule.criticality, kind: rule.condition.kind, needs_acknowledgement: rule.acknowledgement === 'manual', state: 'active', unit,
    device_id: null, device: null, notice: null, cause: null, began_at: ago(minutes), ended_at: null, ended_by: null, reached: null, acknowledged_at: null, acknowledged_by: null, note: '', ...rest,
  };
};
const alarms: Alarm[] = [
  alarm(3, 0, 4, { cause: { point, value: 253.4, threshold: 253, side: 'high' }, reached: 256.1 }),
  alarm(2, 1, 95, { device_id: device, device: devices[0]?.name ?? null, state: 'finished', ended_at: ago(80), ended_by: 'gone' }),
  alarm(1, 2, 2900, { notice: 'hub_unreachable', state: 'over', ended_at: ago(2880), ended_by: 'gone' }),
];

export const listAlarms = (query: URLSearchParams): Alarm[] => {
  const which = query.get('which') ?? 'all';
  return alarms.filter(({ state }) => which === 'all' || (which === 'over') === (state === 'over'));
};
export const alarmCounts = () => ({ critical: 1, not_critical: 0, information: 0, unacknowledged: 2, current: 2 });
export const alarmRules = (): AlarmRule[] => rules;
export const alarmNotices = (): string[] => ['disk_full', 'clock_not_set', 'hub_unreachable', 'integrity_failed'];
export function addAlarmRule(body: unknown): AlarmRule {
  const added = { id: crypto.randomUUID(), rule: body as AlarmRuleInput, unit: null };
  rules = [...rules, added];
  return added;
}
