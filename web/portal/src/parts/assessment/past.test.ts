import { jsonOf } from '@haubert/ui';
import { expect, it } from 'vitest';
import type { Answer, Framework } from '../../api/standing-types';
import { answerPastTable } from './past';
import type { Subject } from './words';

const answer = (revision: number, change: Partial<Answer>): Answer => ({
  subject: 'q', node: 'n', choice: null, score: null, words: null, not_applicable: null, comment: '', revision, changed_at: `2026-11-2${revision}T08:00:00.000Z`, changed_by: 'Ada', ...change,
});
const subject = { urn: 'q', node: 'n', question: { urn: 'q', kind: 'boolean', choices: [] } } as unknown as Subject;
const past = (...items: Answer[]) => (JSON.parse(jsonOf([answerPastTable(items, subject, {} as Framework)])) as Record<string, unknown>[]).map(({ revision, step, field, before, after }) => [revision, step, field, before, after]);

it('tells what was said before and after, the newest first', () => {
  expect(past(answer(3, { words: 'yes', comment: 'see the cabinet' }), answer(2, { words: 'no' }), answer(1, {}))).toEqual([
    [3, 'changed', 'answer', 'no', 'yes'],
    [3, 'changed', 'comment', null, 'see the cabinet'],
    [2, 'changed', 'answer', null, 'no'],
    [1, 'created', 'answer', null, null],
  ]);
});

it('tells why something did not apply, and that something was saved unchanged', () => {
  expect(past(answer(3, { not_applicable: 'no crane' }), answer(2, { words: 'no' }), answer(1, { words: 'no' }))).toEqual([
    [3, 'changed', 'answer', 'no', null],
    [3, 'changed', 'not_applicable_because', null, 'no crane'],
    [2, 'changed', null, null, null],
    [1, 'created', 'answer', null, 'no'],
  ]);
});
