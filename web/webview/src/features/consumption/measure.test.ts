import { describe, expect, it } from 'vitest';
import type { Consumption } from '../../api/types.js';
import { currencySymbol, has, shownAs } from './measure.js';

const amounts = (values: (string | null)[], total: string | null) => ({ values, total, previous: null, previous_total: null });
const answer: Consumption = {
  step: 'day', time_zone: 'Europe/Paris', unit: 'Wh', total: 3000, previous_total: null,
  buckets: [{ start: '2026-06-01T22:00:00Z', end: '2026-06-02T22:00:00Z' }, { start: '2026-06-02T22:00:00Z', end: '2026-06-03T22:00:00Z' }],
  rows: [
    { key: 'hvac', label: 'hvac', usage: 'hvac', values: [1000, 2000], total: 3000, previous: null, previous_total: null, quality: ['good', 'good'], coverage: [1, 1], cost: amounts(['0.174', '0.348'], '0.522'), co2: amounts(['52', null], '52') },
    { key: 'production', label: 'production', usage: 'production', values: [5, 5], total: 10, previous: null, previous_total: null, quality: ['good', 'good'], coverage: [1, 1], cost: null, co2: null },
  ],
  cost: { currency: 'EUR', complete: true, consumption: amounts(['0.174', '0.348'], '0.522'), standing: amounts(['1', '1'], '2') },
  co2: null,
};

describe('measures', () => {
  it('show the same rows in money', () => {
    const shown = shownAs(answer, 'cost');
    expect([shown.unit, shown.total, shown.rows[0]?.values, shown.rows[1]?.values]).toEqual([currencySymbol('EUR'), 0.522, [0.174, 0.348], [null, null]]);
  });
  it('show energy where there is no factor', () => {
    expect(has(answer, 'co2')).toBe(false);
    expect(shownAs(answer, 'co2')).toBe(answer);
  });
  it('show emissions in kilograms', () => {
    const shown = shownAs({ ...answer, co2: { complete: true, sources: ['x'], consumption: amounts(['52', null], '52') } }, 'co2');
    expect([shown.total, shown.rows[0]?.values]).toEqual([0.052, [0.052, null]]);
  });
  it('write currencies that nobody knows as they are', () => {
    expect(currencySymbol('EUR', 'fr')).toBe('€');
    expect(currencySymbol('nope', 'fr')).toBe('nope');
  });
});
