import { describe, expect, it } from 'vitest';
import { DEVICE_PATTERN, USUAL_PATTERN, exampleName, patternFault, patternFor, periodOf } from './names.js';
import { shownKey } from './server.js';

const at = Date.parse('2026-11-21T10:20:00Z');
const told = { site: 'Quai n° 4 / é', device: 'Grue', at, zone: 'Europe/Paris' };

describe('names of files', () => {
  it('are those that the gateway gives', () => {
    const day = { name: '../jour', pattern: USUAL_PATTERN, every: 'day', format: 'csv_wide' } as const;
    expect(exampleName(day, told)).toBe('Quai-n--4---e_---jour_20261121T0000+0100.csv');
    expect(exampleName({ ...day, pattern: '{device}-{from}.{to}', every: 'quarter', format: 'parquet' }, told)).toBe('Grue-20261121T1115+0100.20261121T1130+0100.parquet');
  });
  it.each([['{site}_{export}-{from}.{to}', null], ['../{from}', 'not_valid'], ['{from}/x', 'not_valid'], ['a b{from}', 'not_valid'], ['{other}{from}', 'not_valid'], ['.{from}', 'not_valid'], ['{site}', 'needs_time'], ['', 'needs_time']] as const)(
    'lead nowhere else: %s', (pattern, fault) => expect(patternFault({ pattern, format: 'csv_wide' }, [])).toBe(fault));
  it('tell devices and exports apart', () => {
    expect(patternFault({ pattern: USUAL_PATTERN, format: 'csv_standard' }, [])).toBe('needs_device');
    const other = { pattern: '{from}', format: 'csv_long' } as const;
    expect(patternFault({ pattern: '{from}', format: 'csv_ems' }, [other])).toBe('taken');
    expect(patternFault({ pattern: '{from}', format: 'jsonl' }, [other])).toBeNull();
    expect(patternFault({ pattern: USUAL_PATTERN, format: 'csv_wide' }, [{ pattern: USUAL_PATTERN, format: 'csv_wide' }])).toBeNull();
  });
  it('follow the layout until somebody writes their own', () => {
    expect(patternFor('csv_standard', { pattern: USUAL_PATTERN })).toBe(DEVICE_PATTERN);
    expect(patternFor('jsonl', { pattern: DEVICE_PATTERN })).toBe(USUAL_PATTERN);
    expect(patternFor('csv_standard', { pattern: '{device}{to}' })).toBe('{device}{to}');
  });
});

it.each([
  ['quarter', '2026-11-21T10:15:00.000Z', '2026-11-21T10:30:00.000Z'],
  ['hour', '2026-11-21T10:00:00.000Z', '2026-11-21T11:00:00.000Z'],
  ['day', '2026-11-20T23:00:00.000Z', '2026-11-21T23:00:00.000Z'],
  ['week', '2026-11-15T23:00:00.000Z', '2026-11-22T23:00:00.000Z'],
  ['month', '2026-10-31T23:00:00.000Z', '2026-11-30T23:00:00.000Z'],
] as const)('a %s begins and ends at the site’s times', (every, from, to) => {
  const period = periodOf(every, at, 'Europe/Paris');
  expect([period.from, period.to].map((one) => new Date(one).toISOString())).toEqual([from, to]);
});

it('finds the key that a server showed', () => {
  const fingerprint = `SHA256:${'aB3/+'.repeat(8)}abc`;
  const step = (code: string | null, detail: string) => ({ step: 'greet', ok: code === null, code, detail });
  expect(shownKey({ ok: false, steps: [step('host_key_unknown', `the server shows the key ${fingerprint}`)] })).toBe(fingerprint);
  expect(shownKey({ ok: false, steps: [step('login_refused', fingerprint)] })).toBeNull();
  expect(shownKey({ ok: false, steps: [step('host_key_unknown', 'the server shows the key ')] })).toBeNull();
});
