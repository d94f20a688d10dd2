// From a table to a file in the reader's hands.
import { language } from '../i18n/language.svelte.js';
import { localDate } from '../text/time.js';
import { csvOf } from './csv.js';
import { jsonOf } from './json.js';
import type { ExportTable } from './table.js';

export const FORMS = ['csv', 'xlsx', 'json'] as const;
export type Form = (typeof FORMS)[number];

/** Hands something to the browser as a file; of a blob its own type is kept unless another is given. */
export function saveFile(content: BlobPart, name: string, type = content instanceof Blob ? content.type : ''): void {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // A browser may read a large one after the click was handled.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** Letters and digits of any language, joined by dashes, and today: `north-quay-terminal-plan-2026-11-22.csv`. */
export const fileName = (words: readonly string[], today: string, ending: string): string =>
  `${[...words, today].map((word) => word.replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-|-$/g, '').toLowerCase()).filter(Boolean).join('-')}.${ending}`;

async function fileOf(tables: readonly ExportTable[], form: Form): Promise<{ content: BlobPart; type: string }> {
  // French spreadsheets read semicolons.
  if (form === 'csv') return { content: csvOf(tables, language.current === 'fr' ? ';' : ','), type: 'text/csv;charset=utf-8' };
  if (form === 'json') return { content: jsonOf(tables), type: 'application/json' };
  // Few take a workbook along: what writes one is loaded when it is asked for.
  const { XLSX_TYPE, xlsxOf } = await import('./xlsx.js');
  return { content: xlsxOf(tables), type: XLSX_TYPE };
}

export async function saveTables(tables: readonly ExportTable[], form: Form, words: readonly string[]): Promise<void> {
  const { content, type } = await fileOf(tables, form);
  saveFile(content, fileName(words, localDate(Date.now()), form), type);
}
