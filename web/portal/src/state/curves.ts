// Which curves can be drawn together: those of one quantity recorded in one way.
import type { Series } from '../api/types';

export interface Group {
  key: string;
  quantity: string;
  kind: Series['kind'];
  periodS: number | null;
  series: Series[];
}

export const MOST_CURVES = 8;
const FIRST = 4;
const KINDS: readonly Series['kind'][] = ['load_curve', 'trend', 'index', 'state'];

export function groupsOf(series: readonly Series[]): Group[] {
  const groups = new Map<string, Group>();
  for (const one of series) {
    const key = `${one.quantity}/${one.kind}/${one.period_s ?? ''}`;
    const group = groups.get(key);
    if (group) group.series.push(one);
    else groups.set(key, { key, quantity: one.quantity, kind: one.kind, periodS: one.period_s, series: [one] });
  }
  const rank = (group: Group) => KINDS.indexOf(group.kind) + (group.quantity === 'active_power_total' ? -KINDS.length : 0);
  for (const group of groups.values()) {
    group.series.sort((a, b) => a.load_name.localeCompare(b.load_name, undefined, { numeric: true }));
  }
  return [...groups.values()].sort((a, b) => rank(a) - rank(b));
}

/** A start worth looking at: the first few curves of the group. */
export const firstOf = (group: Group): number[] => group.series.slice(0, FIRST).map(({ id }) => id);

export const ranges = { hour: 3_600_000, day: 86_400_000, week: 7 * 86_400_000, month: 30 * 86_400_000 } as const;
export type Range = keyof typeof ranges;

/** The period to begin with: a young history would be a stroke at the edge of a whole day. */
export function rangeFor(series: readonly Series[], now: number): Range {
  const oldest = Math.min(...series.flatMap(({ first_at }) => (first_at === null ? [] : [Date.parse(first_at)])));
  return now - oldest < 2 * ranges.hour ? 'hour' : 'day';
}
