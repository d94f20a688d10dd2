// What the pretend hub knows: a few organisations of a port, and gateways in every state that the pages must show.
import type { Gateway, LiveValue, LiveView, Organisation, Quantity, Samples, Series, Site, Unit, Usage } from '../src/api/types.ts';

const id = (kind: number, number: number) => `0000000${kind}-0000-4000-8000-${String(number).padStart(12, '0')}`;
const ago = (ms: number) => new Date(Date.now() - ms).toISOString();
const minute = 60_000;
const day = 86_400_000;

export interface World {
  organisations: Organisation[];
  sites: Site[];
  gateways: Gateway[];
}

export function world(empty: boolean): World {
  if (empty) return { organisations: [], sites: [], gateways: [] };
  const organisations: Organisation[] = [
    { id: id(1, 1), name: 'Port authority', kind: 'port_authority' },
    { id: id(1, 2), name: 'North quay terminal', kind: 'terminal' },
    { id: id(1, 3), name: 'Estuary cold storage', kind: 'logistics' },
    { id: id(1, 4), name: 'Basin ship repair', kind: 'industry' },
  ];
  const site = (number: number, organisation: number, name: string): Site => ({
    id: id(2, number),
    organisation_id: id(1, organisation),
    name,
    time_zone: 'Europe/Paris',
    country: 'FR',
  });
  const sites = [site(1, 1, 'Lock and bridges'), site(2, 2, 'Container terminal'), site(3, 2, 'Reefer yard'), site(4, 3, 'Warehouse 12')];
  const gateway = (number: number, at: number, name: string, rest: Partial<Gateway>): Gateway => ({
    id: id(3, number),
    name,
    site_id: id(2, at),
    site_name: '',
    organisation_id: '',
    organisation_name: '',
    state: 'enrolled',
    online: true,
    last_seen_at: ago(3000),
    version: '0.1.0',
    backlog_chunks: 0,
    devices: { online: 32, degraded: 0, offline: 0, never_seen: 0 },
    power_w: 1_246_300,
    certificate_expires_at: ago(-62 * day),
    clock_set: true,
    audit: null,
    ...rest,
  });
  const gateways = [
    gateway(1, 2, 'Quay cranes', {}),
    gateway(2, 3, 'Reefer racks A–F', { devices: { online: 29, degraded: 1, offline: 2, never_seen: 0 }, power_w: 842_700 }),
    gateway(3, 1, 'Lock substation', { clock_set: false, devices: { online: 6, degraded: 0, offline: 0, never_seen: 0 }, power_w: 38_450 }),
    gateway(4, 1, 'Bridge west', { online: false, last_seen_at: ago(95 * minute), backlog_chunks: 214, power_w: null }),
    gateway(5, 4, 'Cold rooms', { devices: { online: 11, degraded: 0, offline: 0, never_seen: 1 }, backlog_chunks: 37, power_w: 212_080, certificate_expires_at: ago(-4 * day) }),
    gateway(6, 4, 'Loading docks', { state: 'waiting', online: false, last_seen_at: null, version: null, backlog_chunks: null, devices: null, power_w: null, certificate_expires_at: null, clock_set: null }),
    gateway(7, 2, 'Old gatehouse', { state: 'revoked', online: false, last_seen_at: ago(12 * day), backlog_chunks: 0, power_w: null, devices: { online: 0, degraded: 0, offline: 3, never_seen: 0 } }),
  ];
  return { organisations, sites, gateways };
}

/** Ratios have no symbol: their unit is the empty text on the wire. */

const loads: { name: string; device: string; usage: Usage; mean: number }[] = [
  { name: 'Crane 1', device: 'Digiware I-35 quay', usage: 'cranes', mean: 182_000 },
  { name: 'Crane 2', device: 'Digiware I-35 quay', usage: 'cranes', mean: 164_000 },
  { name: 'Reefer rack A', device: 'Countis E34 reefers', usage: 'reefers', mean: 96_500 },
  { name: 'Offices', device: 'Countis E24 offices', usage: 'offices', mean: 21_300 },
  { name: 'Photovoltaic roof', device: 'SunSpec meter', usage: 'production', mean: -64_000 },
];

/** Same shape each day, so that the curves look alike from one run to the next. */
function powerAt(load: number, at: number): number | null {
  const hour = (at / 3_600_000) % 24;
  if (load === 2 && hour > 3 && hour < 4.2) return null; // a gap, to be shown as a gap
  const mean = loads[load]?.mean ?? 0;
  const shape = load === 4 ? Math.max(0, Math.sin(((hour - 5) / 12) * Math.PI)) : 0.75 + 0.35 * Math.sin(((hour - 8) / 12) * Math.PI);
  return Math.round(mean * (shape + 0.08 * Math.sin(at / 700_000 + load) + 0.05 * Math.sin(at / 131_000)));
}

export function liveOf(gateway: Gateway): LiveView {
  const at = ago(2000);
  if (gateway.state !== 'enrolled') return { at, items: [] };
  const items = loads.flatMap((load, number) => {
    const dead = number === 3 && (gateway.devices?.offline ?? 0) > 0;
    const power = powerAt(number, Date.now()) ?? 0;
    const row = (quantity: Quantity, value: number, unit: Unit): LiveValue => ({
      load_id: id(4, number),
      load_name: load.name,
      device_name: load.device,
      usage: load.usage,
      fluid: 'electricity',
      quantity,
      value: dead ? null : value,
      unit,
      at,
      quality: dead ? 'bad' : 'good',
      reason: dead ? 'no_answer' : 'measured',
    });
    return [
      row('active_power_total', power, 'W'),
      row('voltage_l1', 231.42 + number / 10, 'V'),
      row('current_l1', Math.abs(power) / 690, 'A'),
      row('power_factor_total', 0.962, ''),
      row('active_energy_import', 128_400_000 + number * 7_310_000, 'Wh'),
    ];
  });
  return { at, items };
}

export function seriesOf(gateway: Gateway): Series[] {
  if (gateway.state === 'waiting') return [];
  return loads.flatMap((load, number) => {
    const base = { load_id: id(4, number), load_name: load.name, device_name: load.device, usage: load.usage, first_at: ago(9 * day), last_at: ago(5000) };
    return [
      { ...base, id: number * 10 + 1, quantity: 'active_power_total', kind: 'load_curve' as const, unit: 'W', period_s: 600 },
      { ...base, id: number * 10 + 2, quantity: 'active_power_total', kind: 'trend' as const, unit: 'W', period_s: null },
      { ...base, id: number * 10 + 3, quantity: 'voltage_l1', kind: 'trend' as const, unit: 'V', period_s: null },
      { ...base, id: number * 10 + 4, quantity: 'active_energy_import', kind: 'index' as const, unit: 'Wh', period_s: null },
    ];
  });
}

export function samplesOf(series: number, from: string, to: string): Samples {
  const start = Date.parse(from);
  const end = Math.min(Date.parse(to), Date.now());
  const load = Math.floor(series / 10);
  const sort = series % 10;
  const step = Math.max(60_000, Math.ceil((end - start) / 600 / 60_000) * 60_000);
  const points: Samples['points'] = [];
  for (let t = Math.ceil(start / step) * step; t <= end; t += step) {
    const power = powerAt(load, t);
    const value = power === null ? null : sort === 3 ? 230 + (power % 300) / 100 : sort === 4 ? Math.round(100_000_000 + t / 1e4) : power;
    points.push({ t, v: value, min: value, max: value, q: value === null ? 'bad' : 'good', r: value === null ? 'no_answer' : 'measured', back: false });
  }
  return { id: series, unit: sort === 3 ? 'V' : sort === 4 ? 'Wh' : 'W', kind: sort === 1 ? 'load_curve' : sort === 4 ? 'index' : 'trend', step_s: step / 1000, points };
}
