// A report as the hub composes it: all words are said, in the language of the report.
import type { components } from './schema';

type Schemas = components['schemas'];
export const READERS = ['management', 'auditor', 'authority'] as const;
export type ReportReader = (typeof READERS)[number];
export type Report = Schemas['Report'];
export type ReportBlock = Schemas['ReportBlock'];
export type ReportTable = Extract<ReportBlock, { kind: 'table' }>;
export type ReportFigure = Schemas['ReportFigure'];
export type ReportBar = Schemas['ReportBar'];
export type ReportCell = Schemas['ReportCell'];
