import { expect, it } from 'vitest';
import type { EvidenceFile, FindingChange } from '../../api/audit-types';
import { findingPastTable } from './past';

const first: FindingChange = {
  measure: 'TEC-01', grade: 'minor', title: 'Open cabinet', seen: 'On the quay', evidence: [], recommendation: '', due: null, state: 'open', correction: null, verdict: null,
  revision: 1, changed_at: '2026-11-20T08:00:00.000Z', changed_by: 'Ada',
};
const changed: FindingChange = { ...first, revision: 2, grade: 'major', due: '2026-12-24' };
const corrected: FindingChange = { ...changed, revision: 3, state: 'corrected', changed_by: 'Bo', correction: { words: 'A lock', evidence: ['f', 'gone'], at: '3', by: 'Bo' } };
const reopened: FindingChange = { ...corrected, revision: 4, state: 'open', verdict: { words: 'The key hangs beside it', is_accepted: false, at: '4', by: 'Ada' } };
const files = [{ id: 'f', title: 'Photograph' }] as EvidenceFile[];

it('tells each step by what it touched, the newest first', () => {
  const { columns, rows } = findingPastTable({ id: 'c', title: 'Open cabinet' }, [first, changed, corrected, reopened], files);
  const at = (key: string) => columns.findIndex((column) => column.key === key);
  expect(rows.map((row) => ['revision', 'step', 'field', 'before', 'after'].map((key) => row[at(key)]?.value))).toEqual([
    [4, 'reopened', 'verdict', null, 'The key hangs beside it'],
    [3, 'corrected', 'correction', null, 'A lock'],
    [3, 'corrected', 'correction_evidence', null, ['f', 'gone']],
    [2, 'changed', 'grade', 'minor', 'major'],
    [2, 'changed', 'due', null, '2026-12-24'],
    [1, 'created', 'grade', null, 'minor'],
    [1, 'created', 'title', null, 'Open cabinet'],
    [1, 'created', 'seen', null, 'On the quay'],
  ]);
  expect(rows[2]?.[at('after')]?.shown).toBe('Photograph, a file that was removed');
});
