import { jsonOf } from '@haubert/ui';
import { expect, it } from 'vitest';
import type { Device, Profile } from '../../api/types.js';
import { devicesTable } from './export.js';

it('gives each meter with its bus, and its profile by code and by name', () => {
  const identity = { vendor: null, product: null, serial: 'S-1', version: null, table_version: null };
  const device: Device = { id: 'd', bus_id: 'b', name: 'Crane 1', unit: 7, profile_id: 'maker/model', channels: 2, base: null, enabled: true, identity, reading: {} as Device['reading'], state: 'degraded', last_ok_at: '2026-11-22T09:05:00.000Z' };
  const profiles = [{ id: 'maker/model', model: 'Model 1', origin: 'built_in' } as Profile];
  const table = devicesTable([device], { name: 'Quay', line: { kind: 'tcp', host: '192.0.2.7', port: 502 } }, profiles);
  expect(JSON.parse(jsonOf([table]))).toEqual([
    { unit: 7, name: 'Crane 1', profile: 'maker/model', serial: 'S-1', loads: 2, state: 'degraded', last_ok_at: '2026-11-22T09:05:00.000Z', bus: 'Quay', line: expect.stringContaining('192.0.2.7:502'), id: 'd' },
  ]);
  expect(table.rows[0]?.[2]?.shown).toBe('Model 1');
});
