import { expect, test } from 'vitest';
import type { AlarmRuleInput, Load } from '../../api/types.js';
import { KINDS, draftOf, fits, formField, lacking, newDraft, ruleOf, usual } from './rules.js';

const loads = [{ id: 'l1', device_id: 'd1', channel: 2, name: 'Crane', device_name: 'Meter' }] as Load[];
const point = { device: 'd1', channel: 2, quantity: 'voltage_l1' as const };
const rule = (condition: AlarmRuleInput['condition']): AlarmRuleInput => ({ name: 'A', enabled: false, criticality: 'critical', acknowledgement: 'manual', start_delay_s: 1.5, drop_delay_s: 3, condition });

test('every kind of rule comes out of the form as it went in', () => {
  const conditions: AlarmRuleInput['condition'][] = [
    { kind: 'analogue', points: [point, { ...point, quantity: 'voltage_l2' }], join: 'and', high: 253, low: null, hysteresis_percent: 2 },
    { kind: 'logical', point: { ...point, quantity: 'digital_input' }, is_on: false },
    { kind: 'combination', first: 'a', second: 'b', join: 'or' },
    { kind: 'energy', point: { ...point, quantity: 'active_energy_import' }, period: 'month', reach: 5e6 },
    { kind: 'voltage', points: [point], nominal_v: 400, event: 'swell' },
    { kind: 'communication', device: null },
    { kind: 'system', notice: 'clock_not_set' },
  ];
  expect(conditions.map(({ kind }) => kind)).toEqual(KINDS);
  for (const condition of conditions) {
    const draft = draftOf(rule(condition), loads);
    expect(lacking(draft)).toEqual({});
    expect(ruleOf(draft, loads)).toEqual(rule(condition));
  }
});

test('what is lacking is told beside its field', () => {
  expect(lacking(newDraft())).toEqual({ name: 'required', load: 'required', high: 'threshold' });
  const full = { ...newDraft(), name: 'A', load: 'l1', quantities: ['voltage_l1'], high: 1 };
  expect(lacking(full)).toEqual({});
  expect(lacking({ ...full, low: 1 })).toEqual({ low: 'order' });
  expect(lacking({ ...full, start: 0.3, drop: null })).toEqual({ start_delay_s: 'step', drop_delay_s: 'step' });
  expect(lacking({ ...newDraft('combination'), name: 'A', first: 'x', second: 'x' })).toEqual({ second: 'twice' });
});

test('the gateway’s fields are found in the form', () => {
  expect(['name', 'condition.points.1', 'condition.point', 'condition.nominal_v'].map(formField)).toEqual(['name', 'quantities', 'quantities', 'nominal']);
});

test('each kind is offered what it can look at', () => {
  const of = (kind: (typeof KINDS)[number]) => ['active_energy_import', 'voltage_l1', 'digital_input', 'volume', 'volume_flow'].filter((quantity) => fits(kind, quantity));
  expect(of('energy')).toEqual(['active_energy_import', 'volume']);
  expect(of('voltage')).toEqual(['voltage_l1']);
  expect(of('logical')).toEqual(['digital_input']);
  expect(of('analogue')).toEqual(['voltage_l1', 'digital_input', 'volume_flow']);
});

test('the usual alarms are added once', () => {
  const name = (key: string) => key;
  const all = usual([], name);
  expect(all).toHaveLength(5);
  const there = all.slice(0, 2).map((one, at) => ({ id: String(at), rule: { ...one, name: 'renamed' }, unit: null }));
  expect(usual(there, name)).toEqual(all.slice(2));
});
