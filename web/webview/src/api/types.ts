/** The shapes of the gateway's API (`/api/v1`). Times are RFC 3339 texts in UTC unless named `t` (milliseconds). */
export interface List<T> {
  items: T[];
  next_cursor?: string | null;
}
export interface Site {
  name: string;
  time_zone: string;
  country: string;
}
export interface Zone {
  id: string;
  name: string;
  parent_id: string | null;
}
export type Fluid = 'electricity' | 'water' | 'gas' | 'air' | 'heat';
export const USAGES = [
  'supply', 'cranes', 'reefers', 'shore_power', 'process', 'lighting', 'hvac', 'offices', 'it', 'charging', 'production', 'water', 'other',
] as const;
export type Usage = (typeof USAGES)[number];
export type DeviceState = 'online' | 'degraded' | 'offline' | 'never_seen' | 'disabled';
export interface Load {
  id: string;
  device_id: string;
  device_name: string;
  channel: number;
  name: string;
  fluid: Fluid;
  usage: Usage;
  zone_id: string | null;
  enabled: boolean;
  power_w: number | null;
  state: DeviceState;
}
export interface Profile {
  id: string;
  vendor: string;
  model: string;
  family: string;
  verified: boolean;
  source: string;
  fluids: Fluid[];
  channels: number;
}
export interface SerialPort {
  path: string;
  description: string;
}
export type Parity = 'none' | 'even' | 'odd';
export type Line =
  | { kind: 'tcp'; host: string; port: number }
  | { kind: 'rtu_over_tcp'; host: string; port: number }
  | { kind: 'serial'; path: string; baud: number; parity: Parity; stop_bits: 1 | 2 };
export interface BusInput {
  name: string;
  line: Line;
  timeout_ms: number;
  poll_ms: number;
  enabled: boolean;
}
export interface Bus extends BusInput {
  id: string;
}
export interface Identity {
  vendor: string | null;
  product: string | null;
  version: string | null;
  serial: string | null;
  table_version: number | null;
}
export interface Device {
  id: string;
  bus_id: string;
  name: string;
  unit: number;
  profile_id: string;
  base: number | null;
  identity: Identity;
  state: DeviceState;
  last_ok_at: string | null;
  channels: number;
  enabled: boolean;
}
export interface DeviceInput {
  bus_id: string;
  name: string;
  unit: number;
  profile_id: string;
  base: number | null;
  identity?: Identity;
  channels?: number | undefined;
  zone_id?: string | null;
  load_names?: string[];
}
export type Quality = 'good' | 'uncertain' | 'bad';
export interface ApiFault {
  code: string;
  detail: string;
}
export interface TestReport {
  ok: boolean;
  round_trip_ms: number | null;
  identity: Identity | null;
  error: ApiFault | null;
  requests: { function: number; address: number; count: number; ok: boolean; round_trip_ms: number | null; error: string | null }[];
  points: { channel: number; quantity: string; address: number; words: string[]; value: number | null; unit: string; quality: Quality; reason: string }[];
}
export interface Found {
  line: Line;
  unit: number;
  identity: Identity;
  profile_id: string | null;
  base: number | null;
  channels: number;
  load_names: string[];
  by: 'identification_block' | 'modbus_43_14' | 'sunspec' | 'answers';
  already_known: boolean;
}
export interface Discovery {
  id: string;
  state: 'running' | 'done' | 'cancelled' | 'failed';
  probed: number;
  total: number;
  started_at: string;
  error: string | null;
  found: Found[];
}
export interface DiscoveryInput {
  line: Line;
  first_unit: number;
  last_unit: number;
  hosts?: string[];
  timeout_ms?: number;
}
export interface LiveValue {
  device_id: string;
  load_id: string | null;
  channel: number;
  quantity: string;
  value: number | null;
  unit: string;
  at: string;
  quality: Quality;
  reason: string;
}
export interface Live {
  at: string;
  items: LiveValue[];
}
export interface Home {
  at: string;
  site: { name: string; time_zone: string };
  fluids: { fluid: Fluid; power_w: number | null; flow: number | null; today: number | null; yesterday_same_time: number | null; unit_total: string }[];
  usages: { usage: Usage; fluid: Fluid; power_w: number | null; today: number | null }[];
  top_loads: { load_id: string; name: string; usage: Usage; power_w: number; share: number | null }[];
  production_w: number | null;
  devices: { online: number; degraded: number; offline: number; never_seen: number; disabled: number };
  notices: { code: string; since: string | null; params: Record<string, string | number> }[];
  power_24h: { series: { usage: Usage; points: [t: number, w: number | null][] }[] };
}
export type SeriesKind = 'index' | 'load_curve' | 'trend' | 'state';
export interface Series {
  id: number;
  load_id: string;
  load_name: string;
  quantity: string;
  kind: SeriesKind;
  unit: string;
  period_s: number | null;
  first_at: string | null;
  last_at: string | null;
}
export interface Samples {
  id: number;
  unit: string;
  kind: SeriesKind;
  step_s: number | null;
  points: { t: number; v: number | null; min: number | null; max: number | null; q: Quality; r: string }[];
}
export type Step = 'hour' | 'day' | 'month' | 'year';
export type GroupBy = 'load' | 'usage' | 'zone';
export interface ConsumptionRow {
  key: string;
  label: string;
  usage: Usage | null;
  values: (number | null)[];
  total: number | null;
  quality: Quality[];
  previous: (number | null)[] | null;
  previous_total: number | null;
}
export interface Consumption {
  step: Step;
  time_zone: string;
  unit: string;
  buckets: { start: string; end: string }[];
  rows: ConsumptionRow[];
  total: number | null;
  previous_total: number | null;
}
export interface RoundTrip {
  p50: number;
  p95: number;
  max: number;
}
export interface DeviceDiagnostics {
  id: string;
  name: string;
  unit: number;
  state: DeviceState;
  last_ok_at: string | null;
  requests: number;
  errors: { timeouts: number; crc: number; exceptions: number; malformed: number };
  round_trip_ms: RoundTrip | null;
  consecutive_failures: number;
  next_try_at: string | null;
  refused_ranges: number;
}
export interface BusDiagnostics {
  id: string;
  name: string;
  line: Line;
  state: 'ok' | 'degraded' | 'down' | 'off';
  since: string | null;
  requests_per_s: number;
  values_per_s: number;
  errors_per_s: number;
  totals: { requests: number; answers: number; timeouts: number; crc: number; exceptions: number; malformed: number; stale: number };
  round_trip_ms: RoundTrip | null;
  bus_load: number;
  cycle_ms: number | null;
  devices: DeviceDiagnostics[];
}
export interface LinkState {
  state: 'not_enrolled' | 'connecting' | 'online' | 'offline' | 'refused';
  hub_url: string | null;
  backlog_chunks: number;
  backlog_bytes: number;
  last_ack_at: string | null;
  certificate_expires_at: string | null;
  error: ApiFault | null;
}
export interface Diagnostics {
  at: string;
  buses: BusDiagnostics[];
  historian: { series: number; bytes: number; samples: number; waiting: number; dropped: number; oldest_at: string | null; last_write_at: string | null; state: 'ok' | 'disk_full' | 'error' };
  clock: { now: string; set: boolean; last_jump: { at: string; by_ms: number } | null };
  link: LinkState;
}
export interface GatewayEvent {
  id: string | number;
  at: string;
  severity: 'info' | 'warning' | 'critical';
  code: string;
  params: Record<string, string | number>;
}
