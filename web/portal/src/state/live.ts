// Live values gathered by load: one headline (what flows now), one index (what has flowed), and all the rest.
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
  const doubtful = TRUST.map((quality) => values.find((value) => value.quality === quality)).find((value) => value !== undefined);
  return {
    id,
    name: any?.load_name ?? '',
    device: any?.device_name ?? '',
    usage: any?.usage ?? 'other',
    now: first(values, HEADLINES),
    index: first(values, INDEXES),
    quality: doubtful?.quality ?? 'bad',
    reason: doubtful?.reason ?? 'measured',
    values,
  };
}

export function loadRows(values: readonly LiveValue[]): LoadRow[] {
  const loads = new Map<string, LiveValue[]>();
  for (const value of values) {
    const of = loads.get(value.load_id);
    if (of) of.push(value);
    else loads.set(value.load_id, [value]);
  }
  return [...loads].map(([id, of]) => row(id, of));
}
