// What a list gives when it is taken along: columns with a key for programs and a title for people, and rows as they are on the screen.
import { tu } from '../i18n/ui.js';
import { localDate } from '../text/time.js';

/** What a column holds, as the hub says it: programs read this. */
export type ExportValue = string | number | boolean | null | undefined | readonly string[];
export interface ExportColumn<R> {
  /** The same in every language and every release. */
  key: string;
  title: string;
  value: (row: R) => ExportValue;
  /** What people read instead of a code. */
  text?: (row: R) => string;
  /** A `value` that is a date (`2026-11-22`) or an instant, RFC 3339. */
  kind?: 'day' | 'time';
}

/** What people read: spreadsheets are told numbers, days (`2026-11-22`) and instants (RFC 3339) as such. */
export type Shown = string | number | { day: string } | { time: string };
export interface ExportCell {
  value: Exclude<ExportValue, undefined>;
  shown: Shown;
}
export interface ExportTable {
  key: string;
  title: string;
  columns: readonly { key: string; title: string; isTime: boolean }[];
  rows: readonly (readonly ExportCell[])[];
}

function shownOf<R>({ value, text, kind }: ExportColumn<R>, row: R): Shown {
  if (text) return text(row);
  const plain = value(row);
  if (plain === null || plain === undefined || plain === '') return '';
  if (typeof plain === 'boolean') return tu(plain ? 'export.yes' : 'export.no');
  if (typeof plain === 'object') return plain.join(', ');
  if (typeof plain === 'number') return plain;
  if (kind === 'day') return { day: plain };
  return kind === 'time' ? { time: plain } : plain;
}

/** `key` names the list for programs, `title` for people. */
export const tableOf = <R>(key: string, title: string, columns: readonly ExportColumn<R>[], rows: readonly R[]): ExportTable => ({
  key,
  title,
  columns: columns.map((column) => ({ key: column.key, title: column.title, isTime: column.kind === 'time' })),
  rows: rows.map((row) => columns.map((column) => ({ value: column.value(row) ?? null, shown: shownOf(column, row) }))),
});

/** Spreadsheets know no zone of an instant: the title of the column says in which people read it. */
export const titleOf = ({ title, isTime }: ExportTable['columns'][number], zone: string): string => (isTime ? `${title} (${zone})` : title);

/** The reader's wall clock at an instant, without a zone: `2026-11-22 09:05:00`. */
export function wallClock(time: string): string {
  const at = new Date(time);
  if (Number.isNaN(at.getTime())) return time;
  return `${localDate(at.getTime())} ${[at.getHours(), at.getMinutes(), at.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':')}`;
}

/** A figure that is known to no more than a tenth. */
export const tenths = (value: number | null | undefined): number | null => (value === null || value === undefined ? null : Math.round(10 * value) / 10);
