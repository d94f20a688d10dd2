// What became of an answer, to be taken along.
import type { ExportTable } from '@haubert/ui';
import type { Answer, Framework } from '../../api/standing-types';
import { enteredOrChanged, pastTable, type Said } from '../past-table';
import { t } from '../../i18n';
import { answerText, valueOf, type Subject } from './words';

const NAMES = { answer: 'export.answer', not_applicable_because: 'assess.not_applicable', comment: 'export.comment' } as const;
type Field = keyof typeof NAMES;
const FIELDS = Object.keys(NAMES) as Field[];

function saidOf(field: Field, answer: Answer, subject: Subject, framework: Framework): Said {
  if (field === 'answer') return { value: valueOf(answer) || null, text: answerText(subject, framework, { ...answer, not_applicable: null }) };
  const words = (field === 'comment' ? answer.comment : answer.not_applicable) ?? '';
  return { value: words || null, text: words };
}

/** `items` as the hub gives them: the newest first. What was answered at first stands in full, even when it was "I do not know". */
export function answerPastTable(items: readonly Answer[], subject: Subject, framework: Framework): ExportTable {
  const steps = items.map((answer, at) => {
    const earlier = items[at + 1];
    const told = FIELDS.map((field) => ({ field: { key: field, text: t(NAMES[field]) }, before: earlier ? saidOf(field, earlier, subject, framework) : null, after: saidOf(field, answer, subject, framework) }));
    return {
      at: answer.changed_at, by: answer.changed_by, revision: answer.revision, done: enteredOrChanged(!earlier),
      told: told.filter(({ field, before, after }) => (before ? before.value !== after.value : field.key === 'answer' || after.value !== null)),
    };
  });
  return pastTable('answer_history', t('assess.history_of'), { key: subject.urn, text: subject.question?.text ?? subject.node }, steps);
}
