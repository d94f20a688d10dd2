import { describe, expect, it } from 'vitest';
import { addDays, dayStart, formatAge, formatDuration, formatTime, fromWallTime, localDate, toDate, utcText, wallTime, zoneName, zoneOffset } from './time.js';

describe('instants', () => {
  it('reads texts and numbers, refuses nonsense', () => {
    expect(toDate('2026-11-21T10:00:00.000Z')?.getTime()).toBe(1_795_255_200_000);
    expect(toDate('soon')).toBeNull();
    expect(formatTime(null)).toBe('–');
  });
  it('shows the zone asked for', () => {
    expect(formatTime('2026-11-21T10:00:00Z', 'time', 'Europe/Paris')).toBe('11:00');
    expect(formatTime('2026-07-21T10:00:00Z', 'time', 'Europe/Paris')).toBe('12:00');
    expect(utcText('2026-11-21T10:00:00Z')).toBe('2026-11-21 10:00:00 UTC');
  });
  it('names a zone with its offset, summer and winter', () => {
    expect(zoneName('Europe/Paris', '2026-11-21T10:00:00Z')).toBe('Europe/Paris (UTC+1)');
    expect(zoneName('Europe/Paris', '2026-07-21T10:00:00Z')).toBe('Europe/Paris (UTC+2)');
    expect(zoneName('Not/AZone')).toBe('Not/AZone');
  });
});

describe('local dates', () => {
  it('gives the calendar date of the zone', () => {
    expect(localDate('2026-11-20T23:30:00Z', 'Europe/Paris')).toBe('2026-11-21');
    expect(localDate('2026-11-20T23:30:00Z', 'UTC')).toBe('2026-11-20');
  });
  it('moves by days over months and leap years', () => {
    expect(addDays('2026-10-24', 2)).toBe('2026-10-26');
    expect(addDays('2028-02-28', 1)).toBe('2028-02-29');
    expect(addDays('2026-01-01', -1)).toBe('2025-12-31');
  });
});

describe('spans', () => {
  it('picks a unit', () => {
    expect(formatDuration(4.23)).toBe('4.2\u00a0ms');
    expect(formatDuration(1400)).toBe('1.4\u00a0s');
    expect(formatDuration(-3_600_000)).toBe('\u22121\u00a0h');
    expect(formatDuration(null)).toBe('–');
  });
  it('tells ages', () => {
    const now = '2026-11-21T10:00:00Z';
    expect(formatAge('2026-11-21T09:57:00Z', now)).toBe('3 minutes ago');
    expect(formatAge('2026-11-21T10:00:40Z', now)).toBe('in 40 seconds');
  });
});

it('a day begins at local midnight, also on the days on which the clock changes', () => {
  for (const [date, zone, start] of [
    ['2027-03-28', 'Europe/Paris', '2027-03-27T23:00:00.000Z'],
    ['2027-03-29', 'Europe/Paris', '2027-03-28T22:00:00.000Z'],
    ['2027-10-31', 'Europe/Paris', '2027-10-30T22:00:00.000Z'],
    ['2027-11-01', 'Europe/Paris', '2027-10-31T23:00:00.000Z'],
    ['2027-01-01', 'Pacific/Kiritimati', '2026-12-31T10:00:00.000Z'],
    ['2027-01-01', 'Pacific/Pago_Pago', '2027-01-01T11:00:00.000Z'],
    ['2027-01-01', 'Asia/Kathmandu', '2026-12-31T18:15:00.000Z'],
  ] as const) {
    expect(dayStart(date, zone).toISOString(), `${date} ${zone}`).toBe(start);
  }
});

it('clocks of a zone are read both ways, also when they change', () => {
  for (const [wall, zone, at, offset] of [
    ['2026-11-21T11:00', 'Europe/Paris', '2026-11-21T10:00:00.000Z', '+0100'],
    ['2026-07-21T12:30', 'Europe/Paris', '2026-07-21T10:30:00.000Z', '+0200'],
    // Shown twice: the first of them.
    ['2026-10-25T02:30', 'Europe/Paris', '2026-10-25T00:30:00.000Z', '+0200'],
    ['2026-11-21T06:30', 'America/St_Johns', '2026-11-21T10:00:00.000Z', '-0330'],
  ] as const) {
    const found = fromWallTime(wall, zone);
    expect([new Date(found).toISOString(), wallTime(found, zone), zoneOffset(found, zone)], wall).toEqual([at, wall, offset]);
  }
  // Never shown: the moment after the gap that is as far from its beginning.
  expect(new Date(fromWallTime('2027-03-28T02:30', 'Europe/Paris')).toISOString()).toBe('2027-03-28T01:30:00.000Z');
  expect(fromWallTime('', 'Europe/Paris')).toBeNaN();
});
