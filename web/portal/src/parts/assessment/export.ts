// The questions of an assessment with their answers, to be taken along.
import { tableOf, type ExportTable } from '@haubert/ui';
import type { Framework } from '../../api/standing-types';
import { t } from '../../i18n';
import type { Asked, Given } from '../../state/questions';
import { answerText, valueOf, type Subject } from './words';

export function answersTable(title: string, shown: readonly Asked[], answers: Given, framework: Framework): ExportTable {
  const rows = shown.flatMap((asked) => {
    const subjects: Subject[] = asked.questions.length === 0 ? [{ urn: asked.node.urn, node: asked.node.urn, question: null }] : asked.questions.map((question) => ({ urn: question.urn, node: asked.node.urn, question }));
    return subjects.map((subject) => ({ asked, subject, answer: answers.get(subject.urn) }));
  });
  return tableOf('answers', title, [
    { key: 'measure', title: t('measures.id'), value: ({ asked }) => asked.id },
    { key: 'measure_name', title: t('measures.name'), value: ({ asked }) => asked.title },
    { key: 'theme', title: t('measures.theme'), value: ({ asked }) => asked.theme, text: ({ asked }) => asked.themeName },
    { key: 'question', title: t('export.question'), value: ({ subject }) => subject.question?.text },
    { key: 'answer', title: t('export.answer'), value: ({ answer }) => (answer ? valueOf(answer) : null), text: ({ subject, answer }) => (answer ? answerText(subject, framework, answer) : '') },
    { key: 'not_applicable_because', title: t('assess.not_applicable'), value: ({ answer }) => answer?.not_applicable },
    { key: 'comment', title: t('export.comment'), value: ({ answer }) => answer?.comment },
    { key: 'subject', title: t('export.id'), value: ({ subject }) => subject.urn },
  ], rows);
}
