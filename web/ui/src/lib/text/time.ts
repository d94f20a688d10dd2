/** Dates and times in the reader's language; in the reader's zone unless another is named. */
import { language } from '../i18n/language.svelte.js';
import { NO_VALUE, UNIT_SPACE, formatNumber } from './quantity.js';

export type Instant = string | number | Date | null | undefined;

export function toDate(at: Instant): Date | null {
  if (at === null || at === undefined || at === '') return null;
  const date = at instanceof Date ? at : new Date(at);
  return Number.isNaN(date.getTime()) ? null : date;
}

const STYLES = {
  time: { hour: '2-digit', minute: '2-digit' },
  seconds: { hour: '2-digit', minute: '2-digit', second: '2-digit' },
  date: { day: 'numeric', month: 'short', year: 'numeric' },
  day: { weekday: 'short', day: 'numeric', month: 'short' },
  month: { month: 'short', year: 'numeric' },
  year: { year: 'numeric' },
  datetime: { day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit' },
  full: { day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit' },
  zoned: { day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit', timeZoneName: 'short' },
} as const satisfies Record<string, Intl.DateTimeFormatOptions>;
export type TimeStyle = keyof typeof STYLES;

const formats = new Map<string, Intl.DateTimeFormat>();

export function formatTime(at: Instant, style: TimeStyle = 'datetime', timeZone?: string): string {
  const date = toDate(at);
  if (!date) return NO_VALUE;
  const key = `${language.locale}/${style}/${timeZone ?? ''}`;
  let format = formats.get(key);
  if (!format) {
    format = new Intl.DateTimeFormat(language.locale, { ...STYLES[style], ...(timeZone ? { timeZone } : {}) });
    formats.set(key, format);
  }
  return format.format(date);
}

/** The same instant for comparison between people: UTC, to the second. */
export function utcText(at: Instant): string {
  const date = toDate(at);
  return date ? `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC` : '';
}

const AGES: readonly [limit: number, unit: Intl.RelativeTimeFormatUnit, size: number][] = [
  [60, 'second', 1],
  [3600, 'minute', 60],
  [86_400, 'hour', 3600],
  [86_400 * 60, 'day', 86_400],
  [86_400 * 730, 'month', 86_400 * 30.44],
  [Infinity, 'year', 86_400 * 365.25],
];

/** "3 minutes ago", "in 2 days". */
export function formatAge(at: Instant, now: Instant = Date.now()): string {
  const date = toDate(at);
  const base = toDate(now);
  if (!date || !base) return NO_VALUE;
  const seconds = (date.getTime() - base.getTime()) / 1000;
  const relative = new Intl.RelativeTimeFormat(language.locale, { numeric: 'auto' });
  // Readings come every second or so: counting those seconds aloud would only flicker.
  if (seconds <= 0 && seconds > -5) return relative.format(0, 'second');
  for (const [limit, unit, size] of AGES) {
    if (Math.abs(seconds) < limit) return relative.format(Math.round(seconds / size), unit);
  }
  return NO_VALUE;
}

/** A duration in milliseconds, with unit symbols: 12 ms, 1.4 s, 3 min, 2.1 h, 4 d. */
export function formatDuration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return NO_VALUE;
  const one = (value: number, unit: string, decimals = 0) => `${formatNumber(Number(value.toFixed(decimals)))}${UNIT_SPACE}${unit}`;
  const size = Math.abs(ms);
  if (size < 1000) return one(ms, 'ms', size < 10 ? 1 : 0);
  if (size < 60_000) return one(ms / 1000, 's', size < 10_000 ? 1 : 0);
  if (size < 3_600_000) return one(ms / 60_000, 'min');
  if (size < 172_800_000) return one(ms / 3_600_000, 'h', 1);
  return one(ms / 86_400_000, language.current === 'fr' ? 'j' : 'd');
}

/** The reader's own zone, e.g. `Europe/Paris`. */
export const readerZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;

/** A zone as people say it: `Europe/Paris (UTC+1)`. */
export function zoneName(timeZone: string = readerZone(), at: Instant = Date.now()): string {
  try {
    const part = new Intl.DateTimeFormat('en-GB', { timeZone, timeZoneName: 'shortOffset' })
      .formatToParts(toDate(at) ?? new Date())
      .find((piece) => piece.type === 'timeZoneName');
    const place = timeZone.replaceAll('_', ' ');
    const offset = (part?.value ?? 'UTC').replace('GMT', 'UTC').replace('-', '\u2212');
    return place === offset ? place : `${place} (${offset})`;
  } catch {
    return timeZone;
  }
}

/** The local calendar date `YYYY-MM-DD` of an instant in a zone. */
export function localDate(at: Instant, timeZone?: string): string {
  const date = toDate(at) ?? new Date();
  return new Intl.DateTimeFormat('en-CA', { year: 'numeric', month: '2-digit', day: '2-digit', ...(timeZone ? { timeZone } : {}) }).format(date);
}

const clocks = new Map<string, Intl.DateTimeFormat>();

/** How far a zone's clocks are ahead of UTC at an instant: milliseconds, to the minute. */
function ahead(at: number, timeZone = ''): number {
  let clock = clocks.get(timeZone);
  if (!clock) {
    clock = new Intl.DateTimeFormat('en-CA', { hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', ...(timeZone ? { timeZone } : {}) });
    clocks.set(timeZone, clock);
  }
  const of = Object.fromEntries(clock.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  return Date.UTC(of['year'] ?? 0, (of['month'] ?? 1) - 1, of['day'], of['hour'], of['minute']) - Math.floor(at / 60_000) * 60_000;
}

/** What clocks in a zone show at an instant, `YYYY-MM-DDTHH:MM` as date-time fields have it. */
export const wallTime = (at: number, timeZone?: string): string => new Date(at + ahead(at, timeZone)).toISOString().slice(0, 16);

/** A zone's distance from UTC at an instant: `+0100`. */
export function zoneOffset(at: number, timeZone?: string): string {
  const minutes = ahead(at, timeZone) / 60_000;
  const two = (n: number) => String(Math.floor(n)).padStart(2, '0');
  return `${minutes < 0 ? '-' : '+'}${two(Math.abs(minutes) / 60)}${two(Math.abs(minutes) % 60)}`;
}

/** When clocks in a zone show `YYYY-MM-DDTHH:MM[:SS]`, the first time where they do twice; NaN where it is no time. */
export function fromWallTime(wall: string, timeZone?: string): number {
  const shown = Date.parse(`${wall}Z`);
  if (Number.isNaN(shown)) return NaN;
  const starts = [shown - 86_400_000, shown + 86_400_000].map((near) => shown - ahead(near, timeZone)).sort((a, b) => a - b);
  return starts.find((at) => at + ahead(at, timeZone) === shown) ?? starts[1] ?? NaN;
}

/** When a calendar date `YYYY-MM-DD` begins in a zone; where a change of the clock takes midnight away, with the first moment after it. */
export function dayStart(date: string, timeZone?: string): Date {
  const noon = Date.parse(`${date}T12:00:00Z`);
  const midnight = Date.parse(`${date}T00:00:00Z`);
  const first = midnight - ahead(noon, timeZone);
  const second = midnight - ahead(first, timeZone);
  const starts = [Math.min(first, second), Math.max(first, second)].find((at) => localDate(at, timeZone) === date);
  return new Date(starts ?? first);
}

/** `date` (YYYY-MM-DD) moved by whole days. */
export function addDays(date: string, days: number): string {
  const at = new Date(`${date}T12:00:00Z`);
  at.setUTCDate(at.getUTCDate() + days);
  return at.toISOString().slice(0, 10);
}
