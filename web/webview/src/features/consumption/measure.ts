/** The answer as energy, as money or as emissions: the same rows, so that chart and table need not know which. */
import { language } from '@haubert/ui';
import type { Consumption, ConsumptionAmounts, ConsumptionRow } from '../../api/types.js';

export type Measure = 'consumption' | 'cost' | 'co2';
export const MEASURES: readonly Measure[] = ['consumption', 'cost', 'co2'];

/** A row without what it was not asked for. */
export type ShownRow = Omit<ConsumptionRow, 'cost' | 'co2'>;
/** An answer in one measure. */
export type Shown = Omit<Consumption, 'unit' | 'rows' | 'cost' | 'co2'> & { unit: string; rows: ShownRow[] };

/** € for EUR, as the reader's language writes it. */
export function currencySymbol(code: string, locale: string = language.locale): string {
  try {
    const parts = new Intl.NumberFormat(locale, { style: 'currency', currency: code, currencyDisplay: 'narrowSymbol' }).formatToParts(0);
    return parts.find(({ type }) => type === 'currency')?.value ?? code;
  } catch {
    return code;
  }
}

const GRAMS_PER_KG = 1000;
/** Beside figures that are named CO₂e. */
export const CO2_UNIT = 'kg';

/** Amounts are exact text on the wire; a chart needs numbers. */
export const amount = (text: string | null, divisor = 1): number | null => (text === null ? null : Number(text) / divisor);

type Figures = Pick<ShownRow, 'values' | 'total' | 'previous' | 'previous_total'>;
export function figures(amounts: ConsumptionAmounts | null, length: number, divisor = 1): Figures {
  if (!amounts) return { values: Array.from({ length }, () => null), total: null, previous: null, previous_total: null };
  const all = (texts: readonly (string | null)[]) => texts.map((text) => amount(text, divisor));
  return { values: all(amounts.values), total: amount(amounts.total, divisor), previous: amounts.previous && all(amounts.previous), previous_total: amount(amounts.previous_total, divisor) };
}

/** Whether there is anything to show in this measure. */
export const has = (answer: Consumption, measure: Measure): boolean => measure === 'consumption' || (measure === 'cost' ? answer.cost : answer.co2) !== null;

/** What comes in from outside costs what the site pays; what it makes itself costs nothing here. */
export function shownAs(answer: Consumption, measure: Measure): Shown {
  const length = answer.buckets.length;
  if (measure === 'cost' && answer.cost) {
    const { total, previous_total } = figures(answer.cost.consumption, length);
    return { ...answer, unit: currencySymbol(answer.cost.currency), total, previous_total, rows: answer.rows.map((row) => ({ ...row, ...figures(row.cost, length) })) };
  }
  if (measure === 'co2' && answer.co2) {
    const { total, previous_total } = figures(answer.co2.consumption, length, GRAMS_PER_KG);
    return { ...answer, unit: CO2_UNIT, total, previous_total, rows: answer.rows.map((row) => ({ ...row, ...figures(row.co2, length, GRAMS_PER_KG) })) };
  }
  return answer;
}
