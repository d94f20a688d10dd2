import { describe, expect, it } from 'vitest';
import type { AuditSheet, Finding, FindingContent } from '../api/audit-types';
import { differingFields, findingBody, isPending, mayBeCorrected, mayBeJudged, newFinding, openMajors, rowsOf, siftedRows, stepOf, type AuditSieve } from './audit';
import type { Asked } from './questions';

const asked = (id: string, importance = 'mandatory') =>
  ({ id, title: id, theme: 'T', themeName: 'Theme', questions: [], node: { urn: `urn:${id}`, name: id, description: '', importance } }) as unknown as Asked;
const finding = (measure: string, grade: Finding['grade'], state: Finding['state'] = 'open'): Finding =>
  ({ id: measure + grade, measure, grade, state, title: 'x', seen: '', evidence: [], recommendation: '', due: null, revision: 3, correction: null, verdict: null }) as unknown as Finding;
const sheet = {
  measures: [{ id: 'A', urn: 'urn:A', contradicted: true }, { id: 'B', urn: 'urn:B', contradicted: false }],
  findings: [finding('B', 'observation'), finding('B', 'major')],
  files: [{ id: 'f', links: [{ assessment_id: 's', measure: 'A' }] }],
} as unknown as AuditSheet;
const rows = rowsOf([asked('A'), asked('B', 'recommended'), asked('C')], sheet);
const all: AuditSieve = { filter: 'all', mandatoryOnly: false, text: '' };
const ids = (sieve: Partial<AuditSieve>) => siftedRows(rows, new Map(), { ...all, ...sieve }).map(({ measure }) => measure);

describe('the sheet', () => {
  it('brings together what belongs to a measure, the worst finding first', () => {
    expect(rows.map(({ findings }) => findings.map(({ grade }) => grade))).toEqual([[], ['major', 'observation'], []]);
    expect(rows.map(({ files }) => files.length)).toEqual([1, 0, 0]);
    expect(rows[2]?.sheet).toBeNull();
  });
  it('is filtered', () => {
    expect(ids({})).toEqual(['A', 'B', 'C']);
    expect(ids({ filter: 'open' })).toEqual(['A', 'B', 'C']);
    expect(ids({ filter: 'contradicted' })).toEqual(['A']);
    expect(ids({ filter: 'findings' })).toEqual(['B']);
    expect(ids({ mandatoryOnly: true, text: 'c' })).toEqual(['C']);
  });
});

describe('a finding', () => {
  it('waits for the organisation, then for the auditor', () => {
    const steps = (['open', 'corrected', 'verified'] as const).map((state) => [mayBeCorrected(finding('A', 'minor', state)), mayBeJudged(finding('A', 'minor', state)), isPending(finding('A', 'minor', state))]);
    expect(steps).toEqual([[true, false, true], [true, true, true], [false, true, false]]);
    expect([mayBeCorrected, mayBeJudged, isPending].map((may) => may(finding('A', 'good_practice')))).toEqual([false, false, false]);
  });
  it('stands in the way as a major until it is verified', () => {
    expect(openMajors([finding('A', 'major'), finding('A', 'major', 'corrected'), finding('A', 'major', 'verified'), finding('A', 'minor')])).toBe(2);
  });
  it('tells in which fields two differ', () => {
    expect(differingFields(newFinding('A'), { ...findingBody(finding('A', 'minor')), due: '2027-01-01' })).toEqual(['title', 'due']);
  });
  it('tells who did what', () => {
    const first: FindingContent = finding('A', 'minor');
    const corrected = { ...first, correction: { words: 'done', evidence: [], at: '1', by: 'x' } };
    const judged = { ...corrected, verdict: { is_accepted: false, words: 'no', at: '2', by: 'y' } };
    expect([stepOf(undefined, first), stepOf(first, { ...first, title: 'y' }), stepOf(first, corrected), stepOf(corrected, judged)]).toEqual(['created', 'changed', 'corrected', 'reopened']);
  });
});
