// What an assessment asks of one organisation, in order, and how far each measure is answered: pure, so that filters can be tested.
import { fold } from '@haubert/ui';
import type { Answer, AnswerGiven, Assessment, Framework, FrameworkNode, Question } from '../api/standing-types';
import { nodeTitle } from './outline';

export interface Asked {
  /** What it is called by in addresses and in the guide. */
  id: string;
  node: FrameworkNode;
  title: string;
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

/** The headings above each node, from the outside in. */
function headings(framework: Framework): FrameworkNode[][] {
  const all: FrameworkNode[][] = [];
  for (const { parent } of framework.nodes) {
    const above = parent === null ? undefined : framework.nodes[parent];
    all.push(above === undefined || parent === null ? [] : [...(all[parent] ?? []), above]);
  }
  return all;
}

/**
 * Measures of the groups shown, each with the questions that the profile lets through. No group shown means all. A measure's theme is its
 * outermost heading, save those that stand over everything; without a heading it is the framework.
 */
export function askedOf(framework: Framework, { groups, profile }: Pick<Assessment, 'groups' | 'profile'>): Asked[] {
  const above = headings(framework);
  const shown = framework.nodes.flatMap((node, at) =>
    node.assessable && (groups.length === 0 || node.groups.some((group) => groups.includes(group))) ? [{ node, over: above[at] ?? [] }] : [],
  );
  let outer = 0;
  const first = shown[0]?.over ?? [];
  while (shown.length > 1 && first.length > outer + 1 && shown.every(({ over }) => over[outer] === first[outer] && over.length > outer + 1)) outer += 1;
  return shown.map(({ node, over }) => {
    const theme = over[Math.min(outer, over.length - 1)];
    return {
      id: node.ref_id ?? node.urn,
      node,
      title: nodeTitle(node),
      theme: theme ? (theme.ref_id ?? theme.urn) : framework.urn,
      themeName: theme ? nodeTitle(theme) : framework.name,
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
  /** Who answers; nothing for everybody. */
  who: string;
}
export const EVERYTHING: Readonly<Sieve> = { filter: 'all', mandatoryOnly: false, text: '', who: '' };
/** Who answers which measure, by its URN. */
export type Respondents = ReadonlyMap<string, string>;

/** What is looked through, folded once: as one types, hundreds of measures are looked through at each letter. */
const texts = new WeakMap<Asked, string>();
function textOf(asked: Asked): string {
  const known = texts.get(asked);
  if (known !== undefined) return known;
  const text = fold(`${asked.id} ${asked.node.name} ${asked.node.description}`);
  texts.set(asked, text);
  return text;
}

export function sifted(all: readonly Asked[], answers: Given, { filter, mandatoryOnly, text, who }: Sieve, respondents: Respondents = new Map()): Asked[] {
  const words = fold(text).split(/\s+/).filter(Boolean);
  return all.filter((one) => {
    if (mandatoryOnly && one.node.importance !== 'mandatory') return false;
    if (who !== '' && respondents.get(one.node.urn) !== who) return false;
    if (filter !== 'all' && stateOf(one, answers) !== filter) return false;
    return words.every((word) => textOf(one).includes(word));
  });
}

/** The next one that waits for an answer, beginning after `from` and going round. */
export function nextOpen(all: readonly Asked[], answers: Given, from: number): Asked | null {
  const turned = [...all.slice(from + 1), ...all.slice(0, Math.max(0, from))];
  return turned.find((one) => stateOf(one, answers) === 'open') ?? null;
}
