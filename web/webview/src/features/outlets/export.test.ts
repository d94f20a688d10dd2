import { jsonOf } from '@haubert/ui';
import { expect, it } from 'vitest';
import { unitsTable } from './export.js';
import { rowsOf } from './modbus.js';

it('gives numbers as the gateway has them, not as they are being typed, and says what is gone', () => {
  const rows = rowsOf([
    { unit: 3, device_id: 'a', device: 'Crane 1', bus: 'Quay', own_unit: 7, state: 'online', last_ok_at: '2026-11-22T09:05:00.000Z' },
    { unit: 4, device_id: 'b', device: null, bus: null, own_unit: null, state: null, last_ok_at: null },
    { unit: 5, device_id: 'c', device: 'Crane 2', bus: 'Shed', own_unit: 1, state: null, last_ok_at: null },
  ], { units: { a: 30 }, freed: {} });
  const table = unitsTable(rows);
  expect(JSON.parse(jsonOf([table]))).toEqual([
    { unit: 3, device: 'Crane 1', bus: 'Quay', own_unit: 7, state: 'online', last_ok_at: '2026-11-22T09:05:00.000Z', device_id: 'a' },
    { unit: 4, device: null, bus: null, own_unit: null, state: null, last_ok_at: null, device_id: 'b' },
    { unit: 5, device: 'Crane 2', bus: 'Shed', own_unit: 1, state: null, last_ok_at: null, device_id: 'c' },
  ]);
  const words = table.rows.map((row) => [row[1]?.shown, row[4]?.shown]);
  expect(words[0]).toEqual(['Crane 1', 'online']);
  expect(words[1]?.[1]).not.toBe(words[2]?.[1]);
});
