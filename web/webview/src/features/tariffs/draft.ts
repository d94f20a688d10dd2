/** A tariff as its form holds it: prices as typed, so that nothing is rounded on the way. */
import type { Fluid, Tariff, TariffBand } from '../../api/types.js';

export interface BandDraft {
  name: string;
  price: string;
  months: string;
  weekdays: string;
  from: string;
  to: string;
}
export interface TariffDraft {
  fluid: Fluid;
  name: string;
  valid_from: string;
  currency: string;
  standing_charge: string;
  price: string;
  bands: BandDraft[];
}

/** A decimal as people type it → as the API wants it; null when it is none. */
export function decimal(text: string | number | null): string | null {
  const plain = String(text ?? '').replaceAll(/[\s\u00a0\u202f]/g, '').replace(',', '.');
  return /^\d{1,9}(\.\d{1,6})?$/.test(plain) ? plain : null;
}

/** Which months or days: a few usual sets, and whatever a tariff already has. */
export const SEASONS: Readonly<Record<string, number[]>> = { all: [], winter: [11, 12, 1, 2, 3], summer: [4, 5, 6, 7, 8, 9, 10] };
export const DAYS: Readonly<Record<string, number[]>> = { all: [], workdays: [1, 2, 3, 4, 5], weekend: [6, 7], saturday: [6], sunday: [7] };

const same = (a: readonly number[], b: readonly number[]) => a.length === b.length && a.every((one) => b.includes(one));
/** The name of a set, or its numbers. */
export const setName = (sets: Readonly<Record<string, number[]>>, numbers: readonly number[]): string => Object.keys(sets).find((name) => same(sets[name] ?? [], numbers)) ?? numbers.join(',');
const numbersOf = (sets: Readonly<Record<string, number[]>>, name: string): number[] => sets[name] ?? name.split(',').map(Number);

export const newBand = (): BandDraft => ({ name: '', price: '', months: 'all', weekdays: 'all', from: '22:00', to: '06:00' });
export const newTariff = (fluid: Fluid, currency: string, today: string): TariffDraft => ({ fluid, name: '', valid_from: `${today.slice(0, 7)}-01`, currency, standing_charge: '0', price: '', bands: [] });

export const tariffDraft = (tariff: Tariff): TariffDraft => ({
  ...tariff,
  bands: tariff.bands.map((band) => ({ ...band, months: setName(SEASONS, band.months), weekdays: setName(DAYS, band.weekdays) })),
});

/** Names of the fields that lack something, with the key of what to say. */
export function lacking(draft: TariffDraft): Record<string, 'required' | 'price' | 'currency' | 'time'> {
  const found: Record<string, 'required' | 'price' | 'currency' | 'time'> = {};
  const need = (field: string, text: string) => {
    if (!text.trim()) found[field] = 'required';
  };
  const price = (field: string, text: string) => {
    if (decimal(text) === null) found[field] = 'price';
  };
  need('name', draft.name);
  need('valid_from', draft.valid_from);
  if (!/^[A-Z]{3}$/.test(draft.currency.trim().toUpperCase())) found['currency'] = 'currency';
  price('price', draft.price);
  price('standing_charge', draft.standing_charge);
  draft.bands.forEach((band, at) => {
    need(`bands.${at}.name`, band.name);
    price(`bands.${at}.price`, band.price);
    for (const end of ['from', 'to'] as const) if (!/^([01]\d|2[0-3]):(00|15|30|45)$|^24:00$/.test(band[end])) found[`bands.${at}.${end}`] = 'time';
  });
  return found;
}

/** Of a draft that lacks nothing. */
export function tariffOf(draft: TariffDraft): Tariff {
  const band = (one: BandDraft): TariffBand => ({ name: one.name.trim(), price: decimal(one.price) ?? '', months: numbersOf(SEASONS, one.months), weekdays: numbersOf(DAYS, one.weekdays), from: one.from, to: one.to });
  return { fluid: draft.fluid, name: draft.name.trim(), valid_from: draft.valid_from, currency: draft.currency.trim().toUpperCase(), standing_charge: decimal(draft.standing_charge) ?? '', price: decimal(draft.price) ?? '', bands: draft.bands.map(band) };
}
