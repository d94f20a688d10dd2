/** Tariffs, factors, references, pictures and load shedding of the pretended gateway. */
import type { Comparison, Consumption, EmissionFactorEntry, LoadShedding, Picture, PowerExceedance, ReferenceEntry, TariffEntry } from '../src/api/types.js';
import { consumption } from './history.js';
import { loads, powerAt, zones } from './plant.js';

const id = (at: number) => `0000000a-0000-4000-8000-${String(at).padStart(12, '0')}`;
let last = 100;

export const tariffs: TariffEntry[] = [
  { id: id(1), tariff: { fluid: 'electricity', name: 'Contrat 2026', valid_from: '2026-01-01', currency: 'EUR', standing_charge: '184.2', price: '0.1744', bands: [{ name: 'Heures creuses', price: '0.1288', months: [], weekdays: [], from: '22:00', to: '06:00' }, { name: 'Week-end', price: '0.1410', months: [11, 12, 1, 2, 3], weekdays: [6, 7], from: '00:00', to: '00:00' }] } },
  { id: id(2), tariff: { fluid: 'gas', name: 'Gaz chaufferie', valid_from: '2025-07-01', currency: 'EUR', standing_charge: '22', price: '0.91', bands: [] } },
];
export const factors: EmissionFactorEntry[] = [{ id: id(3), factor: { fluid: 'electricity', valid_from: '2026-01-01', grams: '52', source: 'Fournisseur, mix annoncé pour 2026' } }];
export const references: ReferenceEntry[] = zones.slice(1).map((zone, at) => ({ id: id(10 + at), reference: { subject: { kind: 'zone', id: zone.id }, counted: 'area', value: String([4200, 9800, 1350, 2100][at] ?? 1000), base_c: null, valid_from: '2026-01-01' } }));
export const pictures: Picture[] = [
  { id: id(20), name: 'Quai nord', width: 1600, height: 900, places: loads.slice(1, 8).map((load, at) => ({ load_id: load.id, quantity: 'active_power_total', label: '', x: 14 + (at % 4) * 24, y: 30 + Math.floor(at / 4) * 36 })) },
  { id: id(21), name: 'Bâtiment administratif', width: 1200, height: 800, places: [] },
];
export const scene = (): string => `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1600 900" width="1600" height="900"><rect width="1600" height="900" fill="#9fb8c4"/><rect y="520" width="1600" height="380" fill="#66767c"/><path d="M120 520V180h60v340zM540 520V140h60v380zM980 520V200h60v320z" fill="#b45f2a"/><path d="M0 760h1600v140H0z" fill="#2f6c86"/></svg>`;

/** Adds to a list, in the field that its entries keep what was given in. */
export function add<E extends { id: string }>(list: E[], field: string, body: unknown): E {
  const entry = { id: id((last += 1)), [field]: body } as unknown as E;
  list.unshift(entry);
  return entry;
}
export const addPicture = (name: string): Picture => {
  const picture: Picture = { id: id((last += 1)), name, width: 1600, height: 900, places: [] };
  pictures.push(picture);
  return picture;
};

const sum = (texts: (string | null)[]) => texts.reduce<string | null>((all, one) => (one === null ? all : String(Number(all ?? 0) + Number(one))), null);

/** An answer of consumption with what it costs and emits. */
export function valued(query: URLSearchParams): Consumption {
  const answer = consumption(query);
  const fluid = query.get('fluid') ?? 'electricity';
  const tariff = tariffs.find((one) => one.tariff.fluid === fluid)?.tariff;
  const factor = factors.find((one) => one.factor.fluid === fluid)?.factor;
  const units = answer.unit === 'Wh' ? 1000 : 1;
  const amounts = (values: (number | null)[], previous: (number | null)[] | null, rate: number) => {
    const all = (numbers: (number | null)[]) => numbers.map((value) => (value === null ? null : ((value / units) * rate).toFixed(6)));
    return { values: all(values), total: sum(all(values)), previous: previous && all(previous), previous_total: previous && sum(all(previous)) };
  };
  const totals = answer.buckets.map((_, at) => answer.rows.reduce<number | null>((all, row) => (row.values[at] == null ? all : (all ?? 0) + (row.values[at] ?? 0)), null));
  for (const row of answer.rows) {
    row.cost = tariff ? amounts(row.values, row.previous, Number(tariff.price)) : null;
    row.co2 = factor ? amounts(row.values, row.previous, Number(factor.grams)) : null;
  }
  const standing = answer.buckets.map(({ start, end }) => (Date.parse(start) > Date.now() ? null : ((Number(tariff?.standing_charge ?? 0) * (Date.parse(end) - Date.parse(start))) / 2_592_000_000).toFixed(6)));
  return {
    ...answer,
    cost: tariff ? { currency: tariff.currency, complete: true, consumption: amounts(totals, null, Number(tariff.price)), standing: { values: standing, total: sum(standing), previous: null, previous_total: null } } : null,
    co2: factor ? { complete: false, sources: [factor.source], consumption: amounts(totals, null, Number(factor.grams)) } : null,
  };
}

export function comparison(query: URLSearchParams): Comparison {
  const asked = new URLSearchParams(query);
  asked.set('step', 'day');
  const answer = consumption(asked);
  const rows = answer.rows.map(({ key, label, usage, total }) => {
    const found = references.find(({ reference }) => reference.counted === query.get('counted') && reference.subject.kind !== 'site' && reference.subject.id === key);
    const reference = found ? Number(found.reference.value) : null;
    return { key, label, usage, total, reference, normalised: reference && total !== null ? total / reference : null };
  });
  return { unit: answer.unit, rows: rows.sort((a, b) => (b.normalised ?? -1) - (a.normalised ?? -1)) };
}

const levels = new Map<string, number>(loads.filter(({ usage }) => usage === 'charging' || usage === 'hvac' || usage === 'reefers').map(({ id, usage }) => [id, usage === 'charging' ? 1 : usage === 'hvac' ? 2 : 5]));
let subscribed: number | null = 2_400_000;
export function shedding(): LoadShedding {
  const now = Date.now();
  const electrical = loads.filter(({ fluid, usage }) => fluid === 'electricity' && usage !== 'supply' && usage !== 'production');
  const listed = electrical.map((load) => ({ load_id: load.id, name: load.name, usage: load.usage, level: levels.get(load.id) ?? null, power_w: powerAt(load, now) })).sort((a, b) => (a.level ?? 99) - (b.level ?? 99));
  const drawn = listed.reduce((all, { power_w }) => all + (power_w ?? 0), 0);
  const steps = [...new Set(listed.flatMap(({ level }) => level ?? []))].map((level) => {
    const gone = listed.filter((load) => load.level !== null && load.level <= level);
    return { level, loads: gone.length, unknown: gone.filter(({ power_w }) => power_w === null).length, freed_w: gone.reduce((all, { power_w }) => all + (power_w ?? 0), 0) };
  });
  return { subscribed_w: subscribed, drawn_w: drawn, margin_w: subscribed === null ? null : subscribed - drawn, loads: listed, steps };
}
export function keepShedding(body: Record<string, unknown>): LoadShedding {
  subscribed = body['subscribed_w'] as number | null;
  levels.clear();
  for (const { load_id, level } of body['levels'] as { load_id: string; level: number }[]) levels.set(load_id, level);
  return shedding();
}
export const exceedances = (query: URLSearchParams): PowerExceedance[] => {
  const from = Date.parse(query.get('from') ?? '');
  return [8, 32, 57].map((hour, at) => ({ start: new Date(from + hour * 3_600_000).toISOString(), end: new Date(from + hour * 3_600_000 + 600_000 * (at + 1)).toISOString(), highest_w: 2_400_000 + 41_000 * (at + 1), over_w: 41_000 * (at + 1) }));
};
