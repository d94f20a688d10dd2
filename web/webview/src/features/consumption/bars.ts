/** Rows of the answer → bars: the largest one by one, the rest together; what comes in (supply) or goes out (production) is not stacked. */
import { paletteColor, usageColor, type BarSeries } from '@haubert/ui';
import type { GroupBy } from '../../api/types.js';
import type { Shown, ShownRow } from './measure.js';

const MOST_LAYERS = 7;

export const isPart = (row: ShownRow): boolean => row.usage !== 'supply' && row.usage !== 'production';

export function sumValues(columns: readonly (readonly (number | null)[])[], length: number): (number | null)[] {
  return Array.from({ length }, (_, at) => columns.reduce<number | null>((sum, column) => (column[at] == null ? sum : (sum ?? 0) + (column[at] ?? 0)), null));
}

/** Rows to add up: the parts; the supply alone when nothing else is measured. */
export function partsOf(answer: Shown): ShownRow[] {
  const parts = answer.rows.filter((row) => isPart(row) && (row.total ?? 0) !== 0);
  return parts.length ? parts : answer.rows.filter((row) => row.usage === 'supply');
}

export function barSeries(answer: Shown, by: GroupBy, name: (row: ShownRow) => string, colorOf: (row: ShownRow) => string, others: string): BarSeries[] {
  const rows = partsOf(answer).sort((a, b) => (b.total ?? 0) - (a.total ?? 0));
  const alone = rows.length > MOST_LAYERS ? rows.slice(0, MOST_LAYERS - 1) : rows;
  const rest = rows.slice(alone.length);
  const series = alone.map((row, at): BarSeries => ({ key: row.key, label: name(row), color: by === 'usage' ? usageColor(row.usage) : by === 'load' ? colorOf(row) : paletteColor(at), values: row.values }));
  if (rest.length) series.push({ key: 'others', label: others, color: 'var(--series-11)', values: sumValues(rest.map((row) => row.values), answer.buckets.length) });
  return series;
}

/** The previous period, all parts together. */
export function previousBars(answer: Shown): (number | null)[] | null {
  const columns = partsOf(answer).flatMap((row) => (row.previous ? [row.previous] : []));
  return columns.length ? sumValues(columns, answer.buckets.length) : null;
}

/** The change against the previous period, over the stretches that are over and were measured in both. */
export function likeForLike(answer: Shown, values: readonly (number | null)[], previous: readonly (number | null)[] | null, now: number): number | null {
  let present = 0;
  let before = 0;
  answer.buckets.forEach((bucket, at) => {
    const value = values[at];
    const earlier = previous?.[at];
    if (value == null || earlier == null || Date.parse(bucket.end) > now) return;
    present += value;
    before += earlier;
  });
  return before > 0 ? present / before - 1 : null;
}

/** The share of each stretch that the rows drawn do not cover, the worst of them; of what is not over yet, of what has passed. */
export function missingShares(answer: Shown, now: number): number[] {
  const rows = partsOf(answer);
  return answer.buckets.map((bucket, at) => {
    const start = Date.parse(bucket.start);
    const length = Date.parse(bucket.end) - start;
    const passed = Math.min(length, Math.max(0, now - start));
    if (passed === 0 || rows.length === 0) return 0;
    const covered = Math.min(...rows.map((row) => row.coverage[at] ?? 0)) * length;
    return Math.max(0, 1 - covered / passed);
  });
}
