// A report as the hub composes it (hub/report/src/model.rs): all words are said, in the language of the report.
import type { RingState } from '@haubert/ui';

export const READERS = ['management', 'auditor', 'authority'] as const;
export type ReportReader = (typeof READERS)[number];

export interface ReportFigure {
  label: string;
  /** As it is read, with its unit. */
  value: string;
  note: string;
  /** From 0 to 100; with `most` it is drawn as a bar. */
  least: number | null;
  most: number | null;
}
export interface ReportBar {
  label: string;
  least: number;
  most: number;
  weak: boolean;
}
export interface ReportColumn {
  title: string;
  is_number: boolean;
}
export interface ReportCell {
  text: string;
  state: RingState | null;
}
export interface ReportTable {
  title: string;
  columns: ReportColumn[];
  rows: ReportCell[][];
  /** Said in place of a table without rows. */
  empty: string;
}
export type ReportBlock =
  | { kind: 'heading'; text: string }
  | { kind: 'text'; text: string }
  | { kind: 'notice'; state: RingState; text: string }
  | { kind: 'figures'; items: ReportFigure[] }
  | { kind: 'bars'; items: ReportBar[] }
  | ({ kind: 'table' } & ReportTable);
export interface Report {
  lang: 'en' | 'fr';
  title: string;
  organisation: string;
  /** In words, in the reader's zone. */
  made: string;
  /** None when there is nothing to report yet. */
  blocks: ReportBlock[];
}
