// Answers in the language of a report.
import type { Answer, Framework, FrameworkNode } from '../../api/standing-types';
import type { Speaker } from '../../i18n/speaker';

/** What was answered to a measure, question after question. `framework` is in the report's language. */
export function answerWords({ t }: Speaker, framework: Framework, node: FrameworkNode | undefined, answers: readonly Answer[]): string {
  if (!node) return '–';
  const whole = answers.find(({ subject }) => subject === node.urn);
  if (whole?.not_applicable) return `${t('assess.not_applicable')} – ${whole.not_applicable}`;
  const said = answers.filter((answer) => answer.node === node.urn && (answer.subject !== node.urn || answer.score !== null));
  if (said.length === 0) return t('report.no_answer');
  return said
    .map(({ subject, choice, score, words, comment }) => {
      const question = node.questions.find(({ urn }) => urn === subject);
      const chosen = question?.choices.find(({ urn }) => urn === choice)?.text ?? framework.scores.find((one) => one.score === score)?.name ?? words;
      return [chosen ?? t('assess.dont_know'), comment].filter(Boolean).join(' – ');
    })
    .join('; ');
}
