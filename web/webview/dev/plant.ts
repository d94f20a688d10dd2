/** A pretended port terminal for development: deterministic curves, so that screenshots compare. Never part of a build. */
import type { Bus, Device, DeviceState, Fluid, Load, Usage, Zone } from '../src/api/types.js';

const uuid = (kind: number, at: number) => `0000000${kind}-0000-4000-8000-${String(at).padStart(12, '0')}`;

export const zones: Zone[] = [
  { id: uuid(1, 1), name: 'Quai nord', parent_id: null },
  { id: uuid(1, 2), name: 'Portiques', parent_id: uuid(1, 1) },
  { id: uuid(1, 3), name: 'Parc frigorifique', parent_id: uuid(1, 1) },
  { id: uuid(1, 4), name: 'Bâtiment administratif', parent_id: null },
  { id: uuid(1, 5), name: 'Ateliers', parent_id: null },
];

export const buses: Bus[] = [
  { id: uuid(2, 1), name: 'TGBT quai nord', line: { kind: 'tcp', host: '192.168.10.20', port: 502 }, timeout_ms: 800, poll_ms: 1000, enabled: true, periods: { power_ms: null, energy_ms: null, quality_ms: null }, held_by: null },
  { id: uuid(2, 2), name: 'RS-485 frigos', line: { kind: 'serial', path: '/dev/ttyUSB0', baud: 38400, parity: 'none', stop_bits: 1 }, timeout_ms: 300, poll_ms: 2000, enabled: true, periods: { power_ms: null, energy_ms: null, quality_ms: null }, held_by: null },
  { id: uuid(2, 3), name: 'Bâtiment administratif', line: { kind: 'rtu_over_tcp', host: '192.168.10.31', port: 4001 }, timeout_ms: 500, poll_ms: 5000, enabled: true, periods: { power_ms: null, energy_ms: null, quality_ms: null }, held_by: null },
];

interface Spec {
  device: string;
  bus: number;
  profile: string;
  product: string;
  state: DeviceState;
  loads: [name: string, usage: Usage, zone: number, fluid: Fluid, watts: number][];
}
const specs: Spec[] = [
  { device: 'Arrivée générale', bus: 1, profile: 'socomec/diris-a40', product: 'DIRIS A-40', state: 'online', loads: [['Arrivée générale', 'supply', 1, 'electricity', 1]] },
  { device: 'Portiques 1 à 3', bus: 1, profile: 'socomec/digiware-i-35', product: 'Digiware I-35', state: 'online', loads: [['Portique 1', 'cranes', 2, 'electricity', 420e3], ['Portique 2', 'cranes', 2, 'electricity', 390e3], ['Portique 3', 'cranes', 2, 'electricity', 310e3]] },
  { device: 'Courant quai', bus: 1, profile: 'socomec/diris-b30', product: 'DIRIS B-30', state: 'online', loads: [['Poste à quai A', 'shore_power', 1, 'electricity', 610e3], ['Poste à quai B', 'shore_power', 1, 'electricity', 240e3]] },
  { device: 'Frigos rangée A', bus: 2, profile: 'socomec/countis-e34', product: 'Countis E34', state: 'online', loads: [['Frigos rangée A', 'reefers', 3, 'electricity', 265e3]] },
  { device: 'Frigos rangée B', bus: 2, profile: 'socomec/countis-e34', product: 'Countis E34', state: 'degraded', loads: [['Frigos rangée B', 'reefers', 3, 'electricity', 231e3]] },
  { device: 'Frigos rangée C', bus: 2, profile: 'socomec/countis-e34', product: 'Countis E34', state: 'offline', loads: [['Frigos rangée C', 'reefers', 3, 'electricity', 180e3]] },
  { device: 'Éclairage des quais', bus: 2, profile: 'socomec/countis-e24', product: 'Countis E24', state: 'online', loads: [['Éclairage des quais', 'lighting', 1, 'electricity', 58e3]] },
  { device: 'Bureaux', bus: 3, profile: 'socomec/digiware-i-60', product: 'Digiware I-60', state: 'online', loads: [['Prises et postes', 'offices', 4, 'electricity', 34e3], ['Chauffage et climatisation', 'hvac', 4, 'electricity', 62e3], ['Salle serveurs', 'it', 4, 'electricity', 21e3], ['Bornes de recharge', 'charging', 4, 'electricity', 44e3]] },
  { device: 'Toiture photovoltaïque', bus: 3, profile: 'sunspec/inverter', product: 'STP 50-40', state: 'online', loads: [['Toiture photovoltaïque', 'production', 5, 'electricity', -210e3]] },
  { device: 'Compteurs à impulsions', bus: 3, profile: 'socomec/countis-ci', product: 'Countis Ci', state: 'online', loads: [['Eau potable', 'water', 4, 'water', 2.4], ['Gaz chaufferie', 'hvac', 5, 'gas', 11]] },
  { device: 'Atelier mécanique', bus: 3, profile: 'socomec/countis-e28', product: 'Countis E28', state: 'never_seen', loads: [['Atelier mécanique', 'process', 5, 'electricity', 75e3]] },
];

export const devices: Device[] = specs.map((spec, at) => ({
  id: uuid(3, at + 1), bus_id: uuid(2, spec.bus), name: spec.device, unit: at + 2, profile_id: spec.profile, base: null, reading: { max_registers: null, gap: null, pause_ms: 0, one_request_per_value: false, periods: { power_ms: null, energy_ms: null, quality_ms: null }, read_log: false },
  identity: { vendor: spec.profile.startsWith('socomec') ? 'SOCOMEC' : 'SMA', product: spec.product, version: '1.14', serial: `22${41000 + at * 37}`, table_version: 104 },
  state: spec.state, last_ok_at: spec.state === 'never_seen' ? null : new Date(Date.now() - (spec.state === 'offline' ? 47 * 60_000 : 900)).toISOString(),
  channels: spec.loads.length, enabled: true,
}));

export const nominal = new Map<string, number>();
export const loads: Load[] = specs.flatMap((spec, at) =>
  spec.loads.map(([name, usage, zone, fluid, watts], channel): Load => {
    const id = uuid(4, at * 10 + channel + 1);
    nominal.set(id, watts);
    return { id, device_id: uuid(3, at + 1), device_name: spec.device, channel: channel + 1, name, fluid, usage, zone_id: uuid(1, zone), enabled: true, power_w: null, state: spec.state };
  }),
);

const wave = (x: number) => Math.sin(x) * 0.5 + 0.5;
const noise = (seed: number, t: number) => {
  const x = Math.sin(seed * 127.1 + Math.floor(t / 60_000) * 311.7) * 43758.5453;
  return x - Math.floor(x);
};

/** Power in watts (or flow in m³/h) of a load at an instant. */
export function powerAt(load: Load, t: number): number | null {
  const size = nominal.get(load.id) ?? 0;
  const date = new Date(t);
  const hour = date.getUTCHours() + 1 + date.getUTCMinutes() / 60;
  const weekend = date.getUTCDay() % 6 === 0 ? 0.55 : 1;
  const seed = Number(load.id.slice(-4));
  const jitter = 0.85 + noise(seed, t) * 0.3;
  if (load.state === 'never_seen') return null;
  if (load.state === 'offline' && t > Date.now() - 47 * 60_000) return null;
  if (seed === 41 && hour > 10 && hour < 11.2) return null;
  switch (load.usage) {
    case 'supply':
      return loads.filter((one) => one.fluid === 'electricity' && one.usage !== 'supply').reduce((sum, one) => sum + (powerAt(one, t) ?? 0), 0);
    case 'production':
      return Math.min(0, size * Math.max(0, Math.sin(((hour - 8) / 9) * Math.PI)) * jitter) * (hour > 8 && hour < 17 ? 1 : 0);
    case 'lighting':
      return hour < 8 || hour > 17.5 ? size * (0.97 + noise(seed, t) * 0.03) : size * 0.05;
    case 'cranes':
      return size * weekend * (0.15 + 0.75 * wave(t / 2_700_000 + seed) * noise(seed, t));
    case 'offices':
    case 'charging':
      return size * weekend * (hour > 7.5 && hour < 19 ? 0.8 : 0.18) * jitter;
    case 'shore_power':
      return seed % 2 ? size * (0.86 + 0.1 * noise(seed, t)) : hour > 5 && hour < 22 ? size * jitter : 0;
    default:
      return size * (0.6 + 0.35 * wave(((hour - 9) / 24) * 2 * Math.PI)) * (0.95 + noise(seed, t) * 0.1);
  }
}
