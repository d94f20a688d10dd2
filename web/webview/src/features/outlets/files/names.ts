/** Names of files after a pattern, as the gateway makes them. */
import { addDays, dayStart, localDate, wallTime, zoneOffset } from '@haubert/ui';
import type { FileEvery, FileExport } from '../../../api/types.js';
import { extensionOf } from '../../export/formats.js';

/** What can stand in a pattern. */
export const TOKENS = ['site', 'export', 'device', 'from', 'to'] as const;
export const USUAL_PATTERN = '{site}_{export}_{from}';
/** For a layout that is of one device. */
export const DEVICE_PATTERN = '{site}_{device}_{export}_{from}';
const MAX_PATTERN = 120;
const QUARTER_MS = 900_000;
const HOUR_MS = 3_600_000;

export type PatternFault = 'not_valid' | 'needs_time' | 'needs_device' | 'taken';

const isPattern = (pattern: string): boolean =>
  pattern.length <= MAX_PATTERN && !pattern.startsWith('.') && /^[A-Za-z0-9\-_.]*$/.test(TOKENS.reduce((text, token) => text.replaceAll(`{${token}}`, ''), pattern));

/** What the gateway would find wrong with a pattern, beside the exports before it. */
export function patternFault({ pattern, format }: Pick<FileExport, 'pattern' | 'format'>, before: readonly Pick<FileExport, 'pattern' | 'format'>[]): PatternFault | null {
  if (!isPattern(pattern)) return 'not_valid';
  if (!pattern.includes('{from}') && !pattern.includes('{to}')) return 'needs_time';
  if (format === 'csv_standard' && !pattern.includes('{device}')) return 'needs_device';
  const same = before.some((other) => other.pattern === pattern && extensionOf(other.format) === extensionOf(format));
  return same && !pattern.includes('{export}') ? 'taken' : null;
}

/** The usual pattern goes with the layout, unless somebody wrote another. */
export function patternFor(format: FileExport['format'], { pattern }: Pick<FileExport, 'pattern'>): string {
  if (pattern !== USUAL_PATTERN && pattern !== DEVICE_PATTERN) return pattern;
  return format === 'csv_standard' ? DEVICE_PATTERN : USUAL_PATTERN;
}

/** The stretch of time that holds an instant: days begin at the site's midnight, weeks on Monday. */
export function periodOf(every: FileEvery, at: number, zone: string | undefined): { from: number; to: number } {
  if (every === 'quarter' || every === 'hour') {
    const length = every === 'quarter' ? QUARTER_MS : HOUR_MS;
    const from = Math.floor(at / length) * length;
    return { from, to: from + length };
  }
  const today = localDate(at, zone);
  let [first, next] = [today, addDays(today, 1)];
  if (every === 'week') {
    first = addDays(today, -((new Date(`${today}T12:00:00Z`).getUTCDay() + 6) % 7));
    next = addDays(first, 7);
  } else if (every === 'month') {
    first = `${today.slice(0, 7)}-01`;
    next = `${addDays(first, 31).slice(0, 7)}-01`;
  }
  return { from: dayStart(first, zone).getTime(), to: dayStart(next, zone).getTime() };
}

const LETTERS: Readonly<Record<string, string>> = Object.fromEntries(
  ['aàâä', 'eéèêë', 'iîï', 'oôö', 'uùûü', 'cç', 'EÉÈÊ', 'AÀÂ', 'CÇ'].flatMap(([plain = '', ...others]) => others.map((other) => [other, plain])),
);
/** What every file system and server takes. */
const plain = (text: string): string => [...text].slice(0, 60).map((letter) => LETTERS[letter] ?? (/[A-Za-z0-9_]/.test(letter) ? letter : '-')).join('');

interface Told {
  site: string;
  device: string;
  at: number;
  zone: string | undefined;
}

/** The name of the file of the period that runs now. */
export function exampleName({ name, pattern, every, format }: Pick<FileExport, 'name' | 'pattern' | 'every' | 'format'>, { site, device, at, zone }: Told): string {
  const period = periodOf(every, at, zone);
  const time = (when: number) => `${wallTime(when, zone).replaceAll(/[-:]/g, '')}${zoneOffset(when, zone)}`;
  const values: Record<(typeof TOKENS)[number], string> = { site: plain(site), export: plain(name.trim()), device: plain(device), from: time(period.from), to: time(period.to) };
  return `${TOKENS.reduce((text, token) => text.replaceAll(`{${token}}`, values[token]), pattern)}.${extensionOf(format)}`;
}
