/** The period of the consumption page, in local dates of the site; `to` is the last day shown (the API wants the day after). */
import { addDays } from '@haubert/ui';
import type { Step } from '../../api/types.js';

export interface Period {
  from: string;
  to: string;
}
export const STEPS: readonly Step[] = ['hour', 'day', 'month', 'year'];
/** Most bars that one chart carries. */
export const MOST_BUCKETS = 400;
const DAYS_PER: Readonly<Record<Step, number>> = { hour: 1 / 24, day: 1, month: 30.4, year: 365.25 };

const parts = (date: string): [year: number, month: number] => [Number(date.slice(0, 4)), Number(date.slice(5, 7))];
const iso = (year: number, month: number, day = 1): string => new Date(Date.UTC(year, month - 1, day)).toISOString().slice(0, 10);

/** What one looks at by default for a step: the day in hours, the month in days, the year in months, five years. */
export function usualPeriod(step: Step, today: string): Period {
  const [year, month] = parts(today);
  switch (step) {
    case 'hour':
      return { from: today, to: today };
    case 'day':
      return { from: iso(year, month), to: iso(year, month + 1, 0) };
    case 'month':
      return { from: iso(year, 1), to: iso(year, 12, 31) };
    case 'year':
      return { from: iso(year - 4, 1), to: iso(year, 12, 31) };
  }
}

const daysIn = ({ from, to }: Period): number => Math.round((Date.parse(to) - Date.parse(from)) / 86_400_000) + 1;
const wholeMonths = ({ from, to }: Period): number | null => {
  if (!from.endsWith('-01') || !addDays(to, 1).endsWith('-01')) return null;
  const [y1, m1] = parts(from);
  const [y2, m2] = parts(addDays(to, 1));
  return (y2 - y1) * 12 + (m2 - m1);
};

/** The period before or after, of the same length; whole months stay whole months. */
export function shift(period: Period, direction: -1 | 1): Period {
  const months = wholeMonths(period);
  if (months) {
    const [year, month] = parts(period.from);
    const start = month + direction * months;
    return { from: iso(year, start), to: iso(year, start + months, 0) };
  }
  const days = direction * daysIn(period);
  return { from: addDays(period.from, days), to: addDays(period.to, days) };
}

export const bucketsIn = (period: Period, step: Step): number => daysIn(period) / DAYS_PER[step];

export const isDate = (text: string | null): text is string => !!text && /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text));
