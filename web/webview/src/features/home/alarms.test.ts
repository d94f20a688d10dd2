import { describe, expect, it } from 'vitest';
import { split } from './alarms.js';

describe('alarms', () => {
  it('stand apart from what merely needs a look, in the order told', () => {
    const notice = (code: string) => ({ code, since: null, params: {} });
    const { alarms, others } = split(['disk_full', 'device_offline', 'clock_not_set', 'toString'].map(notice));
    expect(alarms.map((one) => [one.code, one.href])).toEqual([['disk_full', '/history'], ['clock_not_set', null]]);
    expect(others.map((one) => one.code)).toEqual(['device_offline', 'toString']);
  });
});
