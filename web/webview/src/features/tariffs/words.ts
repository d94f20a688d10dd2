/** Units of rates, and bands in words. */
import { NO_VALUE, formatNumber, formatTime, type Option } from '@haubert/ui';
import type { Fluid, TariffBand } from '../../api/types.js';
import { t } from '../../i18n/index.js';
import { DAYS, SEASONS, setName } from './draft.js';

/** Fluids that a meter can count, in the order in which they are offered. */
export const FLUIDS: readonly Fluid[] = ['electricity', 'gas', 'heat', 'water', 'air'];
/** What a rate is per. */
export const unitOf = (fluid: Fluid): string => (fluid === 'electricity' || fluid === 'heat' ? 'kWh' : 'm³');
export const fluidOptions = (): Option[] => FLUIDS.map((value) => ({ value, label: t.dynamic(`fluid.${value}`) }));

/** A local date without its time. */
export const dayText = (date: string): string => (date ? formatTime(`${date}T12:00:00Z`, 'date', 'UTC') : NO_VALUE);
/** Every digit of a price counts. */
export const rateText = (rate: string): string => {
  const decimals = (rate.split('.')[1] ?? '').length;
  return formatNumber(Number(rate), Math.max(2, decimals));
};

export const seasonLabel = (name: string): string => (name in SEASONS ? t.dynamic(`tariffs.season.${name}`) : t('tariffs.months', { list: name.replaceAll(',', ', ') }));
export const daysLabel = (name: string): string => (name in DAYS ? t.dynamic(`tariffs.days.${name}`) : t('tariffs.weekdays', { list: name.replaceAll(',', ', ') }));

/** When a band holds. */
export function bandText(band: TariffBand): string {
  const hours = band.from === band.to ? t('tariffs.whole_day') : `${band.from}–${band.to}`;
  const parts = [hours];
  if (band.weekdays.length) parts.push(daysLabel(setName(DAYS, band.weekdays)));
  if (band.months.length) parts.push(seasonLabel(setName(SEASONS, band.months)));
  return parts.join(', ');
}
