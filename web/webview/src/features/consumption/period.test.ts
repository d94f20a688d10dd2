import { describe, expect, it } from 'vitest';
import type { Shown, ShownRow } from './measure.js';
import { barSeries, likeForLike, missingShares, partsOf, previousBars } from './bars.js';
import { bucketTitle } from './words.js';
import { bucketsIn, isDate, shift, usualPeriod } from './period.js';

describe('periods', () => {
  it('opens on what one usually looks at', () => {
    expect(usualPeriod('hour', '2026-11-21')).toEqual({ from: '2026-11-21', to: '2026-11-21' });
    expect(usualPeriod('day', '2028-02-10')).toEqual({ from: '2028-02-01', to: '2028-02-29' });
    expect(usualPeriod('month', '2026-11-21')).toEqual({ from: '2026-01-01', to: '2026-12-31' });
    expect(usualPeriod('year', '2026-11-21')).toEqual({ from: '2022-01-01', to: '2026-12-31' });
  });
  it('moves whole months as months and the rest by days', () => {
    expect(shift({ from: '2026-03-01', to: '2026-03-31' }, -1)).toEqual({ from: '2026-02-01', to: '2026-02-28' });
    expect(shift({ from: '2026-01-01', to: '2026-12-31' }, 1)).toEqual({ from: '2027-01-01', to: '2027-12-31' });
    expect(shift({ from: '2026-10-25', to: '2026-10-25' }, 1)).toEqual({ from: '2026-10-26', to: '2026-10-26' });
    expect(shift({ from: '2026-11-16', to: '2026-11-22' }, -1)).toEqual({ from: '2026-11-09', to: '2026-11-15' });
  });
  it('counts bars before asking for them', () => {
    expect(bucketsIn({ from: '2026-11-21', to: '2026-11-21' }, 'hour')).toBeCloseTo(24);
    expect(bucketsIn({ from: '2026-01-01', to: '2026-12-31' }, 'hour')).toBeGreaterThan(400);
  });
  it('takes dates only', () => {
    expect(isDate('2026-11-21')).toBe(true);
    for (const text of ['2026-13-01', '21/11/2026', '', null]) expect(isDate(text)).toBe(false);
  });
});

const row = (key: string, values: (number | null)[], more: Partial<ShownRow> = {}): ShownRow => ({
  key, label: key, usage: 'other', values, total: values.reduce<number>((sum, value) => sum + (value ?? 0), 0), quality: values.map(() => 'good'), coverage: values.map(() => 1), previous: null, previous_total: null, ...more,
});
const answer = (rows: ShownRow[], ends = ['2026-11-01T00:00:00Z', '2026-11-02T00:00:00Z']): Shown => ({ step: 'day', time_zone: 'UTC', unit: 'Wh', buckets: ends.map((end) => ({ start: end, end })), rows, total: null, previous_total: null });

describe('bars', () => {
  it('never stack the incomer on its own parts', () => {
    const parts = partsOf(answer([row('all', [10, 10], { usage: 'supply' }), row('a', [4, 4]), row('pv', [1, 1], { usage: 'production' })]));
    expect(parts.map((one) => one.key)).toEqual(['a']);
    expect(partsOf(answer([row('all', [10, 10], { usage: 'supply' })])).map((one) => one.key)).toEqual(['all']);
  });
  it('draw the small ones together', () => {
    const series = barSeries(answer(Array.from({ length: 9 }, (_, at) => row(`r${at}`, [at + 1, null]))), 'load', (one) => one.key, () => 'red', 'others');
    expect(series.map((one) => one.key)).toEqual(['r8', 'r7', 'r6', 'r5', 'r4', 'r3', 'others']);
    expect(series.at(-1)?.values).toEqual([6, null]);
  });
  it('compare only what is over and known in both periods', () => {
    const one = answer([row('a', [10, 2], { previous: [5, 8] })]);
    expect(previousBars(one)).toEqual([5, 8]);
    expect(likeForLike(one, [10, 2], [5, 8], Date.parse('2026-11-01T12:00:00Z'))).toBe(1);
    expect(likeForLike(one, [10, null], [null, 8], Date.parse('2027-01-01T00:00:00Z'))).toBeNull();
    expect(likeForLike(one, [10, 2], null, Date.parse('2027-01-01T00:00:00Z'))).toBeNull();
  });
  it('say what share of a stretch is not known, of what has passed of it', () => {
    const buckets = [{ start: '2026-11-01T00:00:00Z', end: '2026-11-02T00:00:00Z' }, { start: '2026-11-02T00:00:00Z', end: '2026-11-03T00:00:00Z' }, { start: '2026-11-03T00:00:00Z', end: '2026-11-04T00:00:00Z' }];
    const one = { ...answer([row('a', [4, 4, null], { coverage: [1, 0.5, 0] }), row('b', [4, 4, null], { coverage: [0.75, 0.5, 0] })]), buckets };
    expect(missingShares(one, Date.parse('2026-11-02T12:00:00Z'))).toEqual([0.25, 0, 0]);
    expect(missingShares(one, Date.parse('2026-11-10T00:00:00Z'))).toEqual([0.25, 0.5, 1]);
  });
});

describe('names of periods', () => {
  const title = (start: string, step: 'hour' | 'day', end?: string) => bucketTitle(start, step, 'Europe/Paris', end);
  it('say when a day is not 24 hours long', () => {
    expect(title('2026-03-28T23:00:00Z', 'day', '2026-03-29T22:00:00Z')).toMatch(/\(23 h day\)$/);
    expect(title('2026-10-24T22:00:00Z', 'day', '2026-10-25T23:00:00Z')).toMatch(/\(25 h day\)$/);
    expect(title('2026-10-25T23:00:00Z', 'day', '2026-10-26T23:00:00Z')).not.toContain('(');
  });
  it('tell the two hours of the same name apart', () => {
    expect(title('2026-10-25T00:00:00Z', 'hour')).toMatch(/02:00.*\(UTC\+2\)$/);
    expect(title('2026-10-25T01:00:00Z', 'hour')).toMatch(/02:00.*\(UTC\+1\)$/);
    expect(title('2026-10-25T03:00:00Z', 'hour')).not.toContain('(');
  });
});
