import { describe, expect, it } from 'vitest';
import type { ConsumptionRow } from '../../api/types.js';
import { gapsOf } from './gaps.js';

const day = (date: number) => ({ start: new Date(Date.UTC(2026, 5, date)).toISOString(), end: new Date(Date.UTC(2026, 5, date + 1)).toISOString() });
const row = (key: string, values: (number | null)[], coverage: number[], quality: ConsumptionRow['quality']): ConsumptionRow => ({
  key, label: key, usage: null, values, coverage, quality, total: values.reduce<number | null>((sum, value) => (value === null ? sum : (sum ?? 0) + value), null), previous: null, previous_total: null, cost: null, co2: null,
});

describe('what a report is not certain of', () => {
  it('names gaps, estimates and what is not known, and leaves the future out', () => {
    const answer = {
      buckets: [day(1), day(2), day(3)],
      rows: [
        row('whole', [1, 1, 1], [1, 1, 0.5], ['good', 'good', 'uncertain']),
        row('half', [1, 1, 1], [1, 0.25, 0.5], ['good', 'uncertain', 'uncertain']),
        row('estimated', [1, 1, 1], [1, 1, 0.5], ['good', 'uncertain', 'good']),
        row('unknown', [null, null, null], [0, 0, 0], ['bad', 'bad', 'bad']),
      ],
    };
    const found = gapsOf(answer, Date.UTC(2026, 5, 3, 12));
    expect(found.map(({ key, kind, share }) => [key, kind, Math.round(share * 100)])).toEqual([['half', 'gap', 30], ['estimated', 'estimated', 0], ['unknown', 'unknown', 100]]);
    expect(gapsOf(answer, Date.UTC(2026, 4, 1))).toEqual([]);
  });
});
