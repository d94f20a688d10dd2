// What an auditor's sheet shows and filters by. Pure.
import { fold } from '@haubert/ui';
import type { AuditSheet, EvidenceFile, Finding, FindingBody, FindingContent, FindingGrade, FindingSaid, FindingState, SheetMeasure } from '../api/audit-types';
import type { Standing } from '../api/standing-types';
import { stateOf, type Asked, type Given } from './questions';

/** The worst first. */
export const GRADES: readonly FindingGrade[] = ['major', 'minor', 'observation', 'good_practice'];
export const AUDIT_FILTERS = ['all', 'open', 'contradicted', 'findings'] as const;
export type AuditFilter = (typeof AUDIT_FILTERS)[number];
export interface AuditSieve {
  filter: AuditFilter;
  mandatoryOnly: boolean;
  text: string;
}

export const WHOLE_SHEET: Readonly<AuditSieve> = { filter: 'all', mandatoryOnly: false, text: '' };

/** A measure that the audit asks, with what the sheet says of it: nothing where the framework is not the shipped one. */
export interface Row {
  asked: Asked;
  /** By what findings and evidence name it. */
  measure: string;
  sheet: SheetMeasure | null;
  findings: Finding[];
  files: EvidenceFile[];
}

export function rowsOf(all: readonly Asked[], sheet: AuditSheet): Row[] {
  const byUrn = new Map(sheet.measures.map((measure) => [measure.urn, measure]));
  return all.map((asked) => {
    const found = byUrn.get(asked.node.urn) ?? null;
    const measure = found?.id ?? asked.id;
    return {
      asked,
      measure,
      sheet: found,
      findings: byGrade(sheet.findings.filter((one) => one.measure === measure)),
      files: sheet.files.filter(({ links }) => links.some((link) => link.measure === measure)),
    };
  });
}

const byGrade = (findings: readonly Finding[]): Finding[] => [...findings].sort((a, b) => GRADES.indexOf(a.grade) - GRADES.indexOf(b.grade));

export function siftedRows(rows: readonly Row[], answers: Given, { filter, mandatoryOnly, text }: AuditSieve): Row[] {
  const words = fold(text).split(/\s+/).filter(Boolean);
  return rows.filter(({ asked, sheet, findings }) => {
    if (mandatoryOnly && asked.node.importance !== 'mandatory') return false;
    if (filter === 'open' && stateOf(asked, answers) !== 'open') return false;
    if (filter === 'contradicted' && sheet?.contradicted !== true) return false;
    if (filter === 'findings' && findings.length === 0) return false;
    const said = fold(`${asked.id} ${asked.node.name} ${asked.node.description}`);
    return words.every((word) => said.includes(word));
  });
}

/** Nobody corrects a good practice. */
export const mayBeCorrected = ({ grade, state }: Pick<Finding, 'grade' | 'state'>): boolean => grade !== 'good_practice' && state !== 'verified';
export const mayBeJudged = ({ grade, state }: Pick<Finding, 'grade' | 'state'>): boolean => grade !== 'good_practice' && state !== 'open';

/** What waits for somebody: good practices do not. */
export const isPending = ({ grade, state }: Pick<Finding, 'grade' | 'state'>): boolean => grade !== 'good_practice' && state !== 'verified';
export const openMajors = (findings: readonly Pick<Finding, 'grade' | 'state'>[]): number => findings.filter(({ grade, state }) => grade === 'major' && state !== 'verified').length;
/** What the label says of them. */
export const openMajorsOf = ({ label }: Pick<Standing, 'label'>): number => label.open_majors;

export const newFinding = (measure: string): FindingBody => ({ measure, grade: 'minor', title: '', seen: '', evidence: [], recommendation: '', due: null, revision: 0 });
export const findingBody = ({ measure, grade, title, seen, evidence, recommendation, due, revision }: Finding): FindingBody => ({ measure, grade, title, seen, evidence: [...evidence], recommendation, due, revision });

export type FindingField = Exclude<keyof FindingSaid, 'measure'>;
export const FINDING_FIELDS: readonly FindingField[] = ['grade', 'title', 'seen', 'evidence', 'recommendation', 'due'];
export const differingFields = (mine: FindingSaid, theirs: FindingSaid): FindingField[] => FINDING_FIELDS.filter((field) => JSON.stringify(mine[field]) !== JSON.stringify(theirs[field]));

export type Step = 'created' | 'changed' | 'corrected' | 'verified' | 'reopened';
/** What somebody did between two states of a finding. */
export function stepOf(before: FindingContent | undefined, after: FindingContent): Step {
  if (!before) return 'created';
  if (after.verdict !== null && after.verdict.at !== before.verdict?.at) return after.verdict.is_accepted ? 'verified' : 'reopened';
  if (after.correction !== null && after.correction.at !== before.correction?.at) return 'corrected';
  return 'changed';
}

/** The state that a finding shows: a good practice has none. */
export const shownState = ({ grade, state }: Pick<Finding, 'grade' | 'state'>): FindingState | null => (grade === 'good_practice' ? null : state);
