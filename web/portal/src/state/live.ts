// Live values gathered by load: one headline (what flows now), one index (what has flowed), and all the rest. A load is
// judged by the two that are shown: that a meter lacks some other quantity is no fault of the load.
import type { LiveValue, Quality } from '../api/types';

export interface LoadRow {
  id: string;
  name: string;
  device: string;
  usage: string;
  now: LiveValue | undefined;
  index: LiveValue | undefined;
  quality: Quality;
  reason: string;
  values: LiveValue[];
}

const HEADLINES = ['active_power_total', 'volume_flow', 'temperature', 'relative_humidity', 'digital_input'];
const INDEXES = ['active_energy_import', 'volume', 'pulse_count', 'active_energy_export', 'operating_time'];
const TRUST: readonly Quality[] = ['bad', 'uncertain', 'good'];

const first = (values: readonly LiveValue[], wanted: readonly string[]): LiveValue | undefined =>
  wanted.map((quantity) => values.find((value) => value.quantity === quantity)).find((value) => value !== undefined);

function row(id: string, values: LiveValue[]): LoadRow {
  const [any] = values;
  const now = first(values, HEADLINES);
  const index = first(values, INDEXES);
  const shown = [now, index].filter((value) => value !== undefined);
  const judged = shown.length > 0 ? shown : values;
  const doubtful = TRUST.map((quality) => judged.find((value) => value.quality === quality)).find((value) => value !== undefined);
  return {
    id,
    name: any?.load_name ?? '',
    device: any?.device_name ?? '',
    usage: any?.usage ?? 'other',
    now,
    index,
    quality: doubtful?.quality ?? 'bad',
    reason: doubtful?.reason ?? 'measured',
    values,
  };
}

/** Largest draw first; what is not measured in watts comes after. */
const weight = ({ now }: LoadRow): number => (now?.unit === 'W' && now.value !== null ? Math.abs(now.value) : -1);

export function loadRows(values: readonly LiveValue[]): LoadRow[] {
  const loads = new Map<string, LiveValue[]>();
  for (const value of values) {
    const of = loads.get(value.load_id);
    if (of) of.push(value);
    else loads.set(value.load_id, [value]);
  }
  return [...loads].map(([id, of]) => row(id, of)).sort((a, b) => weight(b) - weight(a) || a.name.localeCompare(b.name));
}

/** `next` in the order in which the reader already sees it; largest first again once another load appears. */
export function inOrderOf(seen: readonly LoadRow[], next: LoadRow[]): LoadRow[] {
  const place = new Map(seen.map(({ id }, at) => [id, at]));
  if (next.some(({ id }) => !place.has(id))) return next;
  return next.sort((a, b) => (place.get(a.id) ?? 0) - (place.get(b.id) ?? 0));
}
