/** Series, samples and consumption of the pretended plant. */
import type { Consumption, DeviceState, GroupBy, Home, Live, Load, Quality, Quantity, Samples, Series, Step, Unit, Usage } from '../src/api/types.js';
import { devices, loads, powerAt, zones } from './plant.js';

const DAY = 86_400_000;
/** Ratios have no symbol: their unit is the empty text on the wire. */
const quantities: [quantity: Quantity, unit: Unit][] = [
  ['active_power_total', 'W'], ['reactive_power_total', 'var'], ['apparent_power_total', 'VA'], ['power_factor_total', ''], ['voltage_l1', 'V'], ['voltage_l2', 'V'],
  ['voltage_l3', 'V'], ['current_l1', 'A'], ['current_l2', 'A'], ['current_l3', 'A'], ['frequency', 'Hz'], ['active_energy_import', 'Wh'],
];

export const measure = (load: Load, quantity: string, t: number): number | null => {
  const power = powerAt(load, t);
  if (power === null) return null;
  const wobble = Math.sin(t / 400_000 + load.channel);
  if (quantity.startsWith('voltage')) return Math.round((231 + wobble * 1.8 + Number(quantity.slice(-1)) * 0.4) * 10) / 10;
  if (quantity.startsWith('current')) return Math.round(Math.abs(power) / 3 / 231 * (1 + wobble * 0.04) * 100) / 100;
  if (quantity === 'frequency') return Math.round((50 + wobble * 0.03) * 1000) / 1000;
  if (quantity.startsWith('power_factor')) return Math.round((0.93 + wobble * 0.03) * 1000) / 1000;
  if (quantity.startsWith('reactive_power')) return Math.round(power * 0.31);
  if (quantity.startsWith('apparent_power')) return Math.round(Math.abs(power) * 1.06);
  if (quantity === 'active_energy_import') return Math.round(1.2e9 + (t / 3_600_000) * Math.abs(power) * 0.001);
  if (quantity === 'volume') return Math.round((8400 + (t % (30 * DAY)) / 3_600_000 * power) * 1000) / 1000;
  return quantity === 'volume_flow' ? Math.round(power * 1000) / 1000 : Math.round(power);
};
const listed = (load: Load): [Quantity, Unit][] => (load.fluid === 'electricity' ? quantities : [['volume_flow', 'm³/h'], ['volume', 'm³']]);

export function liveNow(query: URLSearchParams = new URLSearchParams(), at = Date.now()): Live {
  const only = query.get('quantities')?.split(',');
  const wanted = loads.filter((load) => !query.get('load_id') || load.id === query.get('load_id'));
  const items = wanted.map((load) => {
    const values = listed(load).filter(([quantity]) => !only || only.includes(quantity)).map(([quantity]) => [quantity, measure(load, quantity, at)] as const);
    const remarks = values.flatMap(([quantity, value]): [string, Live['items'][number]['remarks'][string]][] => {
      if (value === null) return [[quantity, { quality: 'bad', reason: 'no_answer' }]];
      return load.state === 'degraded' && quantity === 'power_factor_total' ? [[quantity, { quality: 'uncertain', reason: 'implausible' }]] : [];
    });
    const bad = values.some(([, value]) => value === null);
    return {
      device_id: load.device_id, load_id: load.id, channel: load.channel, at: new Date(at - (bad ? 47 * 60_000 : 600)).toISOString(),
      values: Object.fromEntries(values), times: {}, remarks: Object.fromEntries(remarks),
    };
  });
  return { at: new Date(at).toISOString(), units: Object.fromEntries(loads.flatMap(listed)), items };
}

export const series: Series[] = loads.flatMap((load, at) =>
  listed(load).flatMap(([quantity, unit], index): Series[] => {
    const base = { load_id: load.id, load_name: load.name, quantity, unit, first_at: new Date(Date.now() - 400 * DAY).toISOString(), last_at: new Date().toISOString() };
    const id = at * 40 + index * 2 + 1;
    if (quantity.includes('energy') || quantity === 'volume') return [{ ...base, id, kind: 'index', period_s: 600 }];
    return quantity === 'active_power_total' ? [{ ...base, id, kind: 'trend', period_s: 10 }, { ...base, id: id + 1, kind: 'load_curve', period_s: 600 }] : [{ ...base, id, kind: 'trend', period_s: 60 }];
  }),
);

export function samples(id: number, from: number, to: number, most: number): Samples | null {
  const one = series.find((candidate) => candidate.id === id);
  const load = loads.find((candidate) => candidate.id === one?.load_id);
  if (!one || !load) return null;
  const step = Math.max(60_000, Math.ceil((to - from) / most / 60_000) * 60_000);
  const points: Samples['points'] = [];
  for (let t = Math.ceil(from / step) * step; t <= Math.min(to, Date.now()); t += step) {
    const v = measure(load, one.quantity, t);
    const near = [measure(load, one.quantity, t + step * 0.33), measure(load, one.quantity, t + step * 0.66), v].filter((value) => value !== null);
    points.push({ t, v, min: v === null ? null : Math.min(...near), max: v === null ? null : Math.max(...near), q: v === null ? 'bad' : 'good', back: false });
  }
  return { id, unit: one.unit, kind: one.kind, step_s: step / 1000, points };
}

const energy = (load: Load, from: number, to: number): number | null => {
  const step = (to - from) / 6;
  let sum: number | null = null;
  for (let at = 0; at < 6; at += 1) {
    const power = from + step * at > Date.now() ? null : powerAt(load, from + step * (at + 0.5));
    if (power !== null) sum = (sum ?? 0) + (Math.abs(power) * step) / 3_600_000;
  }
  return sum === null ? null : Math.round(load.fluid === 'electricity' ? sum : sum * 100) / (load.fluid === 'electricity' ? 1 : 100);
};

function bucketsOf(from: string, to: string, step: Step): { start: number; end: number }[] {
  const edges: number[] = [];
  const cursor = new Date(`${from}T00:00:00+01:00`);
  const end = new Date(`${to}T00:00:00+01:00`).getTime() + (step === 'hour' || step === 'day' ? 0 : 0);
  while (cursor.getTime() < end && edges.length < 1000) {
    edges.push(cursor.getTime());
    if (step === 'hour') cursor.setTime(cursor.getTime() + 3_600_000);
    else if (step === 'day') cursor.setTime(cursor.getTime() + DAY);
    else if (step === 'month') cursor.setUTCMonth(cursor.getUTCMonth() + 1);
    else cursor.setUTCFullYear(cursor.getUTCFullYear() + 1);
  }
  return edges.map((start, at) => ({ start, end: edges[at + 1] ?? cursor.getTime() }));
}

export function consumption(query: URLSearchParams): Consumption {
  const step = (query.get('step') ?? 'day') as Step;
  const by = (query.get('by') ?? 'usage') as GroupBy;
  const fluid = query.get('fluid') ?? 'electricity';
  const buckets = bucketsOf(query.get('from') ?? '', query.get('to') ?? '', step);
  const span = (buckets.at(-1)?.end ?? 0) - (buckets[0]?.start ?? 0);
  const compare = query.get('compare') === 'previous';
  const groups = new Map<string, Load[]>();
  for (const load of loads) {
    if (load.fluid !== fluid || load.usage === 'supply' || load.usage === 'production') continue;
    const key = by === 'load' ? load.id : by === 'zone' ? (load.zone_id ?? '') : load.usage;
    groups.set(key, [...(groups.get(key) ?? []), load]);
  }
  const total = (values: (number | null)[]) => values.reduce<number | null>((sum, value) => (value === null ? sum : (sum ?? 0) + value), null);
  const rows = [...groups].map(([key, members]) => {
    const values = buckets.map(({ start, end }) => total(members.map((load) => energy(load, start, end))));
    const previous = compare ? buckets.map(({ start, end }) => total(members.map((load) => energy(load, start - span, end - span)))) : null;
    const usage: Usage | null = by === 'zone' ? null : (members[0]?.usage ?? null);
    return {
      key, usage, label: by === 'load' ? (members[0]?.name ?? '') : by === 'zone' ? (zones.find((zone) => zone.id === key)?.name ?? '') : key,
      values, total: total(values), previous, previous_total: previous && total(previous), quality: values.map((value): Quality => (value === null ? 'bad' : 'good')), coverage: values.map((value, at) => (value === null ? 0 : at % 7 === 3 ? 0.6 : 1)), cost: null, co2: null,
    };
  });
  return {
    step, time_zone: 'Europe/Paris', unit: fluid === 'electricity' ? 'Wh' : 'm³', rows,
    buckets: buckets.map(({ start, end }) => ({ start: new Date(start).toISOString(), end: new Date(end).toISOString() })),
    total: total(rows.map((row) => row.total)), previous_total: compare ? total(rows.map((row) => row.previous_total)) : null, cost: null, co2: null,
  };
}

export function home(site: { name: string; time_zone: string }): Home {
  const now = Date.now();
  const midnight = new Date(new Date().toISOString().slice(0, 10) + 'T00:00:00+01:00').getTime();
  const parts = loads.filter((load) => load.fluid === 'electricity' && load.usage !== 'supply' && load.usage !== 'production');
  const sum = (list: Load[], t: number) => list.reduce((all, load) => all + (powerAt(load, t) ?? 0), 0);
  const usages = [...new Set(parts.map((load) => load.usage))];
  const today = (list: Load[], shift: number) => list.reduce((all, load) => all + (energy(load, midnight - shift, now - shift) ?? 0), 0);
  const total = sum(parts, now);
  const count = (state: DeviceState) => devices.filter((device) => device.state === state).length;
  return {
    at: new Date(now).toISOString(), site,
    fluids: [
      { fluid: 'electricity', unit_total: 'Wh', power_w: total, flow: null, today: today(parts, 0), yesterday_same_time: today(parts, DAY) },
      { fluid: 'water', unit_total: 'm³', power_w: null, flow: 2.1, today: 18.6, yesterday_same_time: 21.4 },
      { fluid: 'gas', unit_total: 'm³', power_w: null, flow: 10.4, today: 96.2, yesterday_same_time: null },
    ],
    usages: usages.map((usage) => ({ usage, fluid: 'electricity', power_w: sum(parts.filter((load) => load.usage === usage), now), today: today(parts.filter((load) => load.usage === usage), 0) })),
    top_loads: parts.map((load) => ({ load_id: load.id, name: load.name, usage: load.usage, power_w: powerAt(load, now) ?? 0, share: (powerAt(load, now) ?? 0) / total })).sort((a, b) => b.power_w - a.power_w).slice(0, 6),
    production_w: Math.abs(sum(loads.filter((load) => load.usage === 'production'), now)),
    devices: { online: count('online'), degraded: count('degraded'), offline: count('offline'), never_seen: count('never_seen'), disabled: count('disabled') },
    notices: [
      { code: 'device_offline', since: new Date(now - 47 * 60_000).toISOString(), params: { device: 'Frigos rangée C' } },
      { code: 'clock_not_set', since: new Date(now - 3 * 3_600_000).toISOString(), params: {} },
    ],
    power_24h: {
      series: [...usages, 'production' as Usage].map((usage) => ({
        usage,
        points: Array.from({ length: 145 }, (_, at): [number, number | null] => {
          const t = Math.floor(now / 600_000) * 600_000 - (144 - at) * 600_000;
          return [t, at > 60 && at < 66 ? null : Math.abs(Math.round(sum(loads.filter((load) => load.usage === usage), t)))];
        }),
        uncertain: [],
        recovered: [],
      })),
    },
  };
}
