// A table as text for any spreadsheet.
import { readerZone } from '../text/time.js';
import { titleOf, wallClock, type ExportTable, type Shown } from './table.js';

/** RFC 4180. What a spreadsheet would take for a formula is kept from being one. */
function field(value: string | number, separator: string): string {
  const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return text.includes(separator) || /["\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const plain = (shown: Shown): string | number => {
  if (typeof shown !== 'object') return shown;
  return 'day' in shown ? shown.day : wallClock(shown.time);
};

/** Begins with a mark by which spreadsheets know UTF-8. `separator` is what the reader's spreadsheet expects. Several tables stand one below the other, each under its title. */
export function csvOf(tables: readonly ExportTable[], separator: string, zone = readerZone()): string {
  const rows = tables.flatMap((table, at) => [
    ...(at > 0 ? [[]] : []),
    ...(tables.length > 1 ? [[table.title]] : []),
    table.columns.map((column) => titleOf(column, zone)),
    ...table.rows.map((row) => row.map(({ shown }) => plain(shown))),
  ]);
  return `\ufeff${rows.map((row) => row.map((value) => field(value, separator)).join(separator)).join('\r\n')}\r\n`;
}
