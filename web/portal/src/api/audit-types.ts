// What the hub's API says of evidence and audits, as its handlers write it.
import type { Answer, MeasureStanding, Words } from './standing-types';
import type { AssessmentSummary } from './library-types';

export type EvidenceKind = 'pdf' | 'png' | 'jpeg' | 'webp' | 'text' | 'docx' | 'xlsx' | 'odt' | 'ods' | 'pcap';
export interface EvidenceLink {
  assessment_id: string;
  measure: string;
}
export interface EvidenceVersion {
  number: number;
  file_name: string;
  kind: EvidenceKind;
  bytes: number;
  sha256: string;
  note: string;
  valid_until: string | null;
  is_expired: boolean;
  added_at: string;
  added_by: string;
}
export interface EvidenceFile {
  id: string;
  organisation_id: string;
  title: string;
  revision: number;
  links: EvidenceLink[];
  /** The oldest first; the last one counts. */
  versions: EvidenceVersion[];
  is_expired: boolean;
  created_at: string;
  created_by: string;
  changed_at: string;
  changed_by: string;
  removed_at: string | null;
  removed_by: string | null;
}

export type FindingGrade = 'good_practice' | 'observation' | 'minor' | 'major';
export type FindingState = 'open' | 'corrected' | 'verified';
export interface FindingSaid {
  measure: string;
  grade: FindingGrade;
  title: string;
  seen: string;
  evidence: string[];
  recommendation: string;
  due: string | null;
}
export type FindingBody = FindingSaid & { revision: number };
export interface FindingCorrection {
  words: string;
  evidence: string[];
  at: string;
  by: string;
}
export interface FindingVerdict {
  is_accepted: boolean;
  words: string;
  at: string;
  by: string;
}
export interface FindingContent extends FindingSaid {
  state: FindingState;
  correction: FindingCorrection | null;
  verdict: FindingVerdict | null;
}
export interface Finding extends FindingContent {
  id: string;
  assessment_id: string;
  is_overdue: boolean;
  revision: number;
  created_at: string;
  created_by: string;
  changed_at: string;
  changed_by: string;
}
export type FindingChange = FindingContent & Pick<Finding, 'revision' | 'changed_at' | 'changed_by'>;
export type FindingWithPast = Finding & { changes: FindingChange[] };

export type AuditFault = 'statement' | 'audit' | 'answers' | 'findings' | 'evidence';
export interface AuditClosing {
  closed_at: string | null;
  closed_by: string | null;
  statement: string;
  signature: string;
  public_key: string;
  is_whole: boolean;
  faults: AuditFault[];
}
export type SheetMeasure = MeasureStanding & { urn: string; own_answers: Answer[]; audit_answers: Answer[]; files: string[]; findings: string[] };
export interface AuditSheet {
  audit: AssessmentSummary;
  own: AssessmentSummary | null;
  themes: { id: string; name: Words }[];
  measures: SheetMeasure[];
  files: EvidenceFile[];
  findings: Finding[];
}
