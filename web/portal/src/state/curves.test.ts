import { expect, it } from 'vitest';
import type { Series } from '../api/types';
import { firstOf, groupsOf, rangeFor } from './curves';

const series = (id: number, quantity: Series['quantity'], kind: Series['kind'], period_s: number | null = null): Series => ({
  id,
  load_id: `load-${id % 10}`,
  load_name: `Load ${id % 10}`,
  device_name: 'Meter',
  usage: null,
  quantity,
  kind,
  unit: 'W',
  period_s,
  first_at: null,
  last_at: null,
});

it('draws together what is recorded alike, active power first', () => {
  const groups = groupsOf([
    series(1, 'voltage_l1', 'trend'),
    series(2, 'active_power_total', 'trend'),
    series(3, 'active_power_total', 'load_curve', 600),
    series(4, 'active_power_total', 'load_curve', 600),
    series(5, 'active_power_total', 'load_curve', 60),
  ]);
  expect(groups.map(({ key }) => key)).toEqual([
    'active_power_total/load_curve/600',
    'active_power_total/load_curve/60',
    'active_power_total/trend/',
    'voltage_l1/trend/',
  ]);
  expect(groups[0] && firstOf(groups[0])).toEqual([3, 4]);
});

it('begins with the hour while history is young', () => {
  const now = Date.parse('2026-11-21T10:00:00.000Z');
  const since = (first_at: string | null): Series => ({ ...series(1, 'voltage_l1', 'trend'), first_at });
  expect(rangeFor([since('2026-11-21T09:50:00.000Z'), since(null)], now)).toBe('hour');
  expect(rangeFor([since('2026-11-21T09:50:00.000Z'), since('2026-11-20T09:00:00.000Z')], now)).toBe('day');
});
