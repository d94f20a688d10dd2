import { describe, expect, it } from 'vitest';
import type { Series } from '../../api/types.js';
import { MOST_CURVES, idsOf, rangeOf } from './range.js';
import { mainSeries, openingSeries, recordChoices } from './records.js';

const now = Date.parse('2026-11-21T10:00:00Z');
const query = (text: string) => new URLSearchParams(text);

describe('the address of the trends page', () => {
  it('gives a day unless it says something usable', () => {
    expect(rangeOf(query(''), now)).toEqual({ from: now - 86_400_000, to: now, quick: '24h' });
    expect(rangeOf(query('range=7d'), now).quick).toBe('7d');
    expect(rangeOf(query('from=2026-11-21T09:00:00Z&to=2026-11-21T08:00:00Z'), now).quick).toBe('24h');
    expect(rangeOf(query('from=2026-11-21T08:00:00Z&to=2026-11-21T09:00:00Z'), now)).toMatchObject({ quick: 'custom', to: now - 3_600_000 });
  });
  it('names series once each, and not too many', () => {
    expect(idsOf(query('series=3,1,3,x,-2'))).toEqual([3, 1]);
    expect(idsOf(query('series=none'))).toEqual([]);
    expect(idsOf(query(''))).toEqual([]);
    expect(idsOf(query(`series=${Array.from({ length: 40 }, (_, at) => at).join(',')}`))).toHaveLength(MOST_CURVES);
  });
});

const series = (id: number, load_id: string, quantity: Series['quantity'], kind: Series['kind']): Series => ({ id, load_id, load_name: load_id, quantity, kind, unit: 'W', period_s: null, first_at: null, last_at: null });
const all = [series(1, 'a', 'voltage_l1', 'trend'), series(2, 'a', 'active_power_total', 'load_curve'), series(3, 'b', 'active_power_total', 'load_curve'), series(4, 'w', 'volume', 'index')];

describe('what can be drawn', () => {
  it('lists power first', () => expect(recordChoices(all).map((choice) => choice.key)).toEqual(['active_power_total/load_curve', 'voltage_l1/trend', 'volume/index']));
  it('opens on the incomer, else on the first loads', () => {
    expect(openingSeries(all, new Set(['b'])).map((one) => one.id)).toEqual([3]);
    expect(openingSeries(all, new Set()).map((one) => one.id)).toEqual([2, 3]);
  });
  it('shows a load by its power, or by what it has', () => {
    expect(mainSeries(all, 'a')?.id).toBe(2);
    expect(mainSeries(all, 'w')?.id).toBe(4);
    expect(mainSeries(all, 'x')).toBeUndefined();
  });
});
