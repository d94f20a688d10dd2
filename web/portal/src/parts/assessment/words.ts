// What was answered, in words.
import type { AnswerGiven, Framework, Question } from '../../api/standing-types';
import { t } from '../../i18n';

/** What is answered: a question, or a measure that has none and is scored. */
export interface Subject {
  urn: string;
  node: string;
  question: Question | null;
}

export interface Option {
  value: string;
  text: string;
  given: Partial<AnswerGiven>;
}

/** What each score means; bare figures where the framework does not say, eleven at most. */
function scoresOf({ scores, min_score, max_score }: Framework): { score: number; name: string }[] {
  if (scores.length > 0) return scores.map(({ score, name }) => ({ score, name: name === '' || name === String(score) ? String(score) : `${score} – ${name}` }));
  const steps = Math.min(10, max_score - min_score);
  return Array.from({ length: steps + 1 }, (_, at) => min_score + Math.round(((max_score - min_score) * at) / Math.max(1, steps))).map((score) => ({ score, name: String(score) }));
}

/** What there is to choose from. A boolean is kept as words, a measure without questions as a score. */
export function optionsOf({ question }: Subject, framework: Framework): Option[] {
  if (question === null) return scoresOf(framework).map(({ score, name }) => ({ value: String(score), text: name, given: { score } }));
  if (question.kind === 'boolean') return (['yes', 'no'] as const).map((words) => ({ value: words, text: t(`assess.${words}`), given: { words } }));
  return question.choices.map(({ urn, text }) => ({ value: urn, text, given: { choice: urn } }));
}

/** The value of the option that was chosen. */
export const valueOf = ({ choice, score, words }: AnswerGiven): string => choice ?? (score === null ? words ?? '' : String(score));

export function answerText(subject: Subject, framework: Framework, answer: AnswerGiven): string {
  if ((answer.not_applicable ?? '') !== '') return `${t('assess.not_applicable')} – ${answer.not_applicable}`;
  const value = valueOf(answer);
  if (value === '') return t('assess.dont_know');
  if (subject.question?.kind === 'multiple_choice') {
    const chosen = value.split(' ');
    return optionsOf(subject, framework).filter((option) => chosen.includes(option.value)).map(({ text }) => text).join(', ');
  }
  return optionsOf(subject, framework).find((option) => option.value === value)?.text ?? value;
}
