// What an assessment asks of one organisation, in order, and how far each measure is answered: pure, so that filters can be tested.
import { fold } from '@haubert/ui';
import type { Answer, AnswerGiven, Framework, FrameworkNode, Profile, Question } from '../api/standing-types';

export interface Asked {
  /** What it is called by in addresses and in the guide. */
  id: string;
  node: FrameworkNode;
  theme: string;
  themeName: string;
  questions: Question[];
}
export interface Theme {
  id: string;
  name: string;
  asked: Asked[];
}
export type AskedState = 'done' | 'unknown' | 'open' | 'not_applicable';
export type Filter = 'all' | 'open' | 'unknown';
export const FILTERS: readonly Filter[] = ['all', 'open', 'unknown'];
/** What has been answered, by subject. */
export type Given = ReadonlyMap<string, AnswerGiven>;

export const given = (answers: readonly Answer[]): Map<string, Answer> => new Map(answers.map((answer) => [answer.subject, answer]));

/** A measure without questions is answered by a score: itself is then the question. */
export const subjects = ({ node, questions }: Asked): string[] => (questions.length === 0 ? [node.urn] : questions.map(({ urn }) => urn));

/** Measures of the groups shown, each with the questions that the profile lets through. No group shown means all. */
export function askedOf(framework: Framework, groups: readonly string[], profile: Profile): Asked[] {
  const heading = (node: FrameworkNode): FrameworkNode => {
    const parent = node.parent === null ? undefined : framework.nodes[node.parent];
    return parent === undefined ? node : heading(parent);
  };
  const shown = framework.nodes.filter((node) => node.assessable && (groups.length === 0 || node.groups.some((group) => groups.includes(group))));
  return shown.map((node) => {
    const theme = heading(node);
    return {
      id: node.ref_id ?? node.urn,
      node,
      theme: theme.ref_id ?? theme.urn,
      themeName: theme.name,
      questions: node.questions.filter(({ group }) => group === null || (group === 'ot' && profile.ot)),
    };
  });
}

export function themesOf(all: readonly Asked[]): Theme[] {
  const themes = new Map<string, Theme>();
  for (const one of all) {
    const theme = themes.get(one.theme) ?? { id: one.theme, name: one.themeName, asked: [] };
    theme.asked.push(one);
    themes.set(one.theme, theme);
  }
  return [...themes.values()];
}

/** Somebody has looked at it, and has said something that counts. */
export const says = (answer: AnswerGiven): boolean => answer.choice !== null || answer.score !== null || (answer.words ?? '') !== '';

export function stateOf(asked: Asked, answers: Given): AskedState {
  if ((answers.get(asked.node.urn)?.not_applicable ?? '') !== '') return 'not_applicable';
  const found = subjects(asked).map((subject) => answers.get(subject));
  if (found.some((answer) => answer === undefined)) return 'open';
  return found.every((answer) => answer !== undefined && says(answer)) ? 'done' : 'unknown';
}

/** How many questions are asked, and of how many something is said: those of a measure that does not concern count as answered. */
export function progressOf(all: readonly Asked[], answers: Given): { asked: number; answered: number } {
  let asked = 0;
  let answered = 0;
  for (const one of all) {
    const own = subjects(one);
    asked += own.length;
    answered += stateOf(one, answers) === 'not_applicable' ? own.length : own.filter((subject) => answers.has(subject)).length;
  }
  return { asked, answered };
}

export interface Sieve {
  filter: Filter;
  mandatoryOnly: boolean;
  text: string;
}

export function sifted(all: readonly Asked[], answers: Given, { filter, mandatoryOnly, text }: Sieve): Asked[] {
  const words = fold(text).split(/\s+/).filter(Boolean);
  return all.filter((one) => {
    if (mandatoryOnly && one.node.importance !== 'mandatory') return false;
    if (filter !== 'all' && stateOf(one, answers) !== filter) return false;
    const said = fold(`${one.id} ${one.node.name} ${one.node.description}`);
    return words.every((word) => said.includes(word));
  });
}

/** The next one that waits for an answer, beginning after `from` and going round. */
export function nextOpen(all: readonly Asked[], answers: Given, from: number): Asked | null {
  const turned = [...all.slice(from + 1), ...all.slice(0, Math.max(0, from))];
  return turned.find((one) => stateOf(one, answers) === 'open') ?? null;
}
