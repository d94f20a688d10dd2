// A table as a file for a spreadsheet.
import { language } from '@haubert/ui';

/** RFC 4180. What a spreadsheet would take for a formula is kept from being one. */
function field(value: string | number, separator: string): string {
  const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return text.includes(separator) || /["\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Begins with a mark by which spreadsheets know UTF-8. `separator` is what the reader's spreadsheet expects. */
export const csvOf = (rows: readonly (readonly (string | number)[])[], separator: string): string =>
  `\ufeff${rows.map((row) => row.map((value) => field(value, separator)).join(separator)).join('\r\n')}\r\n`;

/** Hands something to the browser as a file. */
export function saveFile(content: BlobPart, name: string, type: string): void {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}

/** Letters and digits of any language, joined by dashes, and today: `north-quay-terminal-plan-2026-11-22.csv`. */
export const fileName = (words: readonly string[], today: string, ending: string): string =>
  `${[...words, today].map((word) => word.replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-|-$/g, '').toLowerCase()).filter(Boolean).join('-')}.${ending}`;

/** French spreadsheets read semicolons. */
export function saveCsv(rows: readonly (readonly (string | number)[])[], ...words: string[]): void {
  const name = fileName(words, new Date().toISOString().slice(0, 10), 'csv');
  saveFile(csvOf(rows, language.current === 'fr' ? ';' : ','), name, 'text/csv;charset=utf-8');
}
