/** A sensor under somebody's hands: what it is read with, and the loads that it has. */
import type { Fluid, LorawanHeard, LorawanSensor, PayloadDecoder, PayloadPreview, PulseUnit, Usage } from '../../../api/types.js';

export type Subject = { heard: LorawanHeard } | { sensor: LorawanSensor };

export interface LoadDraft {
  channel: number;
  name: string;
  fluid: Fluid;
  usage: Usage;
  zone: string;
  /** Decimal text; empty for none. */
  weight: string;
  unit: PulseUnit;
}

export const UNITS = ['litre', 'cubic_metre', 'watt_hour', 'kilowatt_hour'] as const satisfies readonly PulseUnit[];

/** What pulses of a fluid are usually counted in. */
export const usualUnit = (fluid: Fluid): PulseUnit => (fluid === 'water' ? 'litre' : fluid === 'gas' || fluid === 'air' ? 'cubic_metre' : 'kilowatt_hour');

/** A load for each that the last uplink has a value of; the first when there is none. */
export function proposedLoads(name: string, decoder: PayloadDecoder, preview: PayloadPreview | null): LoadDraft[] {
  const found = [...new Set((preview?.values ?? []).map((value) => value.channel))].sort((a, b) => a - b);
  const fluid = decoder.fluids[0] ?? 'electricity';
  const usage: Usage = decoder.usage ?? (fluid === 'water' ? 'water' : 'other');
  const channels = found.length > 0 ? found : [1];
  return channels.map((channel) => ({ channel, name: channels.length > 1 ? `${name} · ${channel}` : name, fluid, usage, zone: '', weight: '', unit: usualUnit(fluid) }));
}

/** The loads of a sensor that was taken in, for what a pulse of them stands for. */
export const knownLoads = (sensor: LorawanSensor): LoadDraft[] =>
  sensor.loads.map(({ channel, name, fluid, usage, zone_id, pulse }) => ({ channel, name, fluid, usage, zone: zone_id ?? '', weight: pulse?.weight ?? '', unit: pulse?.unit ?? usualUnit(fluid) }));

export const pulseOf = ({ weight, unit }: LoadDraft) => (weight.trim() === '' ? null : { weight: weight.trim().replace(',', '.'), unit });

/** Seconds of minutes as typed; null: learnt. */
export const seconds = (minutes: number | null): number | null => (minutes === null ? null : Math.max(1, Math.round(minutes * 60)));
