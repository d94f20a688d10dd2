import { describe, expect, it } from 'vitest';
import { unfold } from './snapshot.js';

describe('unfold', () => {
  it('gives each value the time, the unit and the quality that is said of it or expected', () => {
    const item = {
      device_id: 'd', load_id: 'l', channel: 1, at: '2026-11-21T10:00:00.000Z', values: { frequency: 50, voltage_l1: null },
      times: { voltage_l1: '2026-11-21T09:00:00.000Z' }, remarks: { voltage_l1: { quality: 'bad' as const, reason: 'no_answer' as const } },
    };
    const [first, second] = unfold({ at: item.at, units: { frequency: 'Hz', voltage_l1: 'V' }, items: [item] });
    expect(first).toMatchObject({ quantity: 'frequency', value: 50, unit: 'Hz', at: item.at, quality: 'good', reason: 'measured' });
    expect(second).toMatchObject({ quantity: 'voltage_l1', value: null, unit: 'V', at: item.times.voltage_l1, quality: 'bad', reason: 'no_answer' });
  });
});
