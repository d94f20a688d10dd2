/** Codes of the API → words. The apps add their own with `addProblemMessages`. */
import { tu } from '../i18n/ui.js';
import type { Params } from '../i18n/translate.js';
import type { FieldProblem, Problem } from './api.js';

interface Words {
  has(key: string): boolean;
  dynamic(key: string, params?: Params, fallback?: string): string;
}
const sources: Words[] = [tu];

/** An app's own catalogue: its `problem.<code>` and `field.<code>` keys are looked up first. */
export function addProblemMessages(words: Words): void {
  if (!sources.includes(words)) sources.unshift(words);
}

const find = (key: string): string | undefined => sources.find((words) => words.has(key))?.dynamic(key);

export function problemText(problem: Problem): string {
  return find(`problem.${problem.code}`) ?? problem.detail ?? problem.title ?? tu('problem.unexpected_answer');
}

export function fieldText(field: FieldProblem): string {
  return find(`field.${field.message_code}`) ?? field.message;
}
