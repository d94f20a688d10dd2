// A table for programs: the same keys and codes in every language.
import type { ExportTable } from './table.js';

const objects = ({ columns, rows }: ExportTable) => rows.map((row) => Object.fromEntries(columns.map(({ key }, at) => [key, row[at]?.value ?? null])));

/** A list of objects; of several tables, one list each under the key of its table. */
export function jsonOf(tables: readonly ExportTable[]): string {
  const [only, ...others] = tables;
  const content = only && others.length === 0 ? objects(only) : Object.fromEntries(tables.map((table) => [table.key, objects(table)]));
  return `${JSON.stringify(content, null, 2)}\n`;
}
