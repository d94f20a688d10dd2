/** The pretended gateway's Modbus TCP server: one meter is gone, two have the same number on their buses. */
import type { ModbusServer, ModbusServerSettings, ModbusServerStep } from '../src/api/types.js';
import { buses, devices } from './plant.js';

const GONE = '00000003-0000-4000-8000-000000000099';
const started = Date.now();
let settings: ModbusServerSettings = { enabled: true, secured: true, route: false, writes: [{ source: '192.168.10.5/32', role: 'Operator', device_id: devices[0]?.id ?? GONE, functions: [6, 16], first: 57_856, last: 57_857 }], units: [...devices.map(({ id, unit }) => ({ unit, device_id: id })), { unit: 40, device_id: GONE }] };

export function modbusServer(): ModbusServer {
  const since = Math.floor((Date.now() - started) / 1000);
  return {
    settings,
    state: settings.enabled ? 'open' : 'off',
    allowed: true,
    address: '0.0.0.0:502',
    detail: null,
    secured: { state: settings.secured ? 'nobody' : 'off', allowed: true, address: '0.0.0.0:802', detail: null },
    writing_allowed: false,
    units: settings.units.map(({ unit, device_id }) => {
      const device = devices.find(({ id }) => id === device_id);
      return { unit, device_id, device: device?.name ?? null, bus: buses.find(({ id }) => id === device?.bus_id)?.name ?? null, own_unit: device?.unit ?? null, state: device?.state ?? null, last_ok_at: device?.last_ok_at ?? null };
    }),
    counters: { connections: settings.enabled ? 2 : 0, accepted: 14, refused: 3, broken: 1, received_bytes: 1_204_812 + since * 240, sent_bytes: 9_871_220 + since * 1900, functions: { 3: 81_204 + since * 4, 4: 512, 16: 3, 43: 2 }, exceptions: { 1: 3, 2: 41, 11: 900 + since } },
    clients: [
      { source: '192.168.10.5', connections: 1, requests: 80_901 + since * 4, exceptions: 900 + since, last_at: new Date().toISOString() },
      { source: '192.168.10.77', connections: 1, requests: 820, exceptions: 44, last_at: new Date(Date.now() - 400_000).toISOString() },
      { source: 'fd00::17', connections: 0, requests: 0, exceptions: 0, last_at: null },
    ],
  };
}

export const keepModbusServer = (body: unknown): ModbusServer => {
  const { units, ...rest } = body as ModbusServerSettings;
  settings = { ...rest, units: [...units].sort((a, b) => a.unit - b.unit) };
  return modbusServer();
};

export function tryModbusServer(): { ok: boolean; steps: ModbusServerStep[] } {
  const read = (unit: number, register: number, ok: boolean, detail: string): ModbusServerStep => ({ step: 'read', unit, register, ok, detail });
  return {
    ok: false,
    steps: [
      { step: 'connect', unit: null, register: null, ok: true, detail: '127.0.0.1:502' },
      { step: 'identify', unit: 255, register: null, ok: true, detail: 'Haubert · Gateway · 0.1.0' },
      read(2, 50_520, true, '0x5A3C'),
      read(3, 50_520, true, '0x0041'),
      read(7, 50_520, false, 'gateway target device failed to respond (11)'),
      read(9, 40_000, false, 'no answer in time'),
    ],
  };
}
