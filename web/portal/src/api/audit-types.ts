// Short names for what the hub's API says of evidence and audits.
import type { components } from './schema';

type Schemas = components['schemas'];

export type EvidenceKind = Schemas['EvidenceKind'];
export type EvidenceVersion = Schemas['EvidenceVersion'];
export type EvidenceFile = Schemas['EvidenceFile'];

export type FindingGrade = Schemas['Conformity'];
export type FindingState = Schemas['FindingState'];
/** A form sends every field, even an empty one. */
export type FindingBody = Required<Schemas['FindingBody']>;
export type FindingSaid = Schemas['FindingSaid'];
export type FindingContent = Schemas['FindingContent'];
export type Finding = Schemas['Finding'];
export type FindingChange = Schemas['FindingChange'];

export type AuditFault = Schemas['AuditFault'];
export type AuditClosing = Schemas['AuditClosing'];
export type SheetMeasure = Schemas['AuditSheetMeasure'];
export type AuditSheet = Schemas['AuditSheet'];
