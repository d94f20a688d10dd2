/** Sorting and filtering of table rows: pure, so that it can be tested and reused. */
export type CellValue = string | number | boolean | null | undefined;

export interface Column<R> {
  key: string;
  label: string;
  /** What is sorted, filtered and, without a cell snippet, shown. */
  value: (row: R) => CellValue;
  /** Shown instead of `value`. */
  text?: (row: R) => string;
  align?: 'start' | 'end';
  /** False for columns of actions. */
  sortable?: boolean;
  /** Left out below this width, where the row still makes sense without it. */
  hideBelow?: 'm' | 'l';
  /** The column that names the row: a row header. */
  header?: boolean;
  width?: string;
}
export type Direction = 'ascending' | 'descending';
export interface Sort {
  key: string;
  direction: Direction;
}

/** Folds case and accents, so that "reseau" finds "Réseau". */
export const fold = (text: string): string =>
  text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase();

export function filterRows<R>(rows: readonly R[], columns: readonly Column<R>[], text: string): readonly R[] {
  const words = fold(text).split(/\s+/).filter(Boolean);
  if (!words.length) return rows;
  return rows.filter((row) => {
    const all = columns.map((column) => fold(column.text?.(row) ?? String(column.value(row) ?? ''))).join(' ');
    return words.every((word) => all.includes(word));
  });
}

function compare(a: CellValue, b: CellValue, collator: Intl.Collator): number {
  if (typeof a === 'string' && typeof b === 'string') return collator.compare(a, b);
  return Number(a) - Number(b);
}

/** Sorted copy; what has no value stays at the end whatever the direction. */
export function sortRows<R>(rows: readonly R[], columns: readonly Column<R>[], sort: Sort | null, locale = 'en'): readonly R[] {
  const column = sort && columns.find((one) => one.key === sort.key);
  if (!sort || !column) return rows;
  const collator = new Intl.Collator(locale, { numeric: true, sensitivity: 'base' });
  const sign = sort.direction === 'ascending' ? 1 : -1;
  const missing = (value: CellValue) => value === null || value === undefined || value === '';
  return [...rows].sort((a, b) => {
    const x = column.value(a);
    const y = column.value(b);
    if (missing(x) || missing(y)) return Number(missing(x)) - Number(missing(y));
    return sign * compare(x, y, collator);
  });
}
