import { expect, it } from 'vitest';
import type { LiveValue } from '../api/types';
import { inOrderOf, loadRows } from './live';

const value = (load: string, quantity: LiveValue['quantity'], change: Partial<LiveValue> = {}): LiveValue => ({
  load_id: load,
  load_name: `Load ${load}`,
  device_name: 'Meter',
  usage: 'cranes',
  fluid: 'electricity',
  quantity,
  value: 1,
  unit: 'W',
  at: '2026-11-21T10:00:00.000Z',
  quality: 'good',
  reason: 'measured',
  ...change,
});

it('gathers values by load, with a headline, an index and the worse quality of both', () => {
  const [first, second] = loadRows([
    value('a', 'voltage_l1', { quality: 'bad', reason: 'not_available' }),
    value('b', 'volume_flow', { unit: 'm³/h', value: 50 }),
    value('a', 'active_energy_import'),
    value('a', 'active_power_total', { quality: 'uncertain', reason: 'implausible' }),
    value('b', 'volume'),
  ]);
  expect(first).toMatchObject({ id: 'a', quality: 'uncertain', reason: 'implausible' });
  expect(first?.now?.quantity).toBe('active_power_total');
  expect(first?.index?.quantity).toBe('active_energy_import');
  expect(first?.values).toHaveLength(3);
  expect(second?.now?.quantity).toBe('volume_flow');
  expect(second?.index?.quantity).toBe('volume');
});

it('puts the largest draw first', () => {
  const rows = loadRows([
    value('small', 'active_power_total', { value: 10 }),
    value('water', 'volume_flow', { unit: 'm³/h', value: 900 }),
    value('roof', 'active_power_total', { value: -500 }),
  ]);
  expect(rows.map(({ id }) => id)).toEqual(['roof', 'small', 'water']);
});

it('keeps rows in place while their values move', () => {
  const rows = (a: number, b: number) => loadRows([value('a', 'active_power_total', { value: a }), value('b', 'active_power_total', { value: b })]);
  const ids = (list: { id: string }[]) => list.map(({ id }) => id);
  expect(ids(inOrderOf([], rows(1, 2)))).toEqual(['b', 'a']);
  expect(ids(inOrderOf(rows(1, 2), rows(5, 2)))).toEqual(['b', 'a']);
  expect(ids(inOrderOf(rows(1, 2).slice(1), rows(5, 2)))).toEqual(['a', 'b']);
});
