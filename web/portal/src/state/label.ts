// What the pages about the label sort and count: pure, so that it does not depend on the screen.
import type { LabelAward } from '../api/plan-types';
import type { Grade, MeasureStanding, Shortfall, Standing, Track } from '../api/standing-types';
import { ringRank } from './standing';

export const AWARD_STATES = ['valid', 'soon', 'expired', 'withdrawn'] as const;
export type AwardState = (typeof AWARD_STATES)[number];

/** A label of whose end its holder is to be reminded ends soon. */
export const awardState = ({ state, reminder_days }: LabelAward): AwardState => (state === 'valid' && reminder_days !== null ? 'soon' : state);
export const counts = ({ state }: LabelAward): boolean => state === 'valid';

/** Grades of which nothing is missing: they can be given. */
export function givable({ reached, grades }: Standing['label']): Grade[] {
  return grades.slice(0, grades.findIndex(({ id }) => id === reached) + 1);
}

export interface Gap {
  kind: 'theme' | 'mandatory';
  is: number;
  asked: number;
}
export interface Missing {
  /** What is asked of the whole. */
  whole: Extract<Shortfall, { kind: 'known' | 'score' }>[];
  themes: { theme: string; gaps: Gap[] }[];
}

/** What is missing for a grade, under the theme that it is missing in, in the order of the framework. */
export function missingFor({ shortfalls }: Grade, themes: readonly { id: string }[]): Missing {
  return {
    whole: shortfalls.filter((short) => short.kind === 'known' || short.kind === 'score'),
    themes: themes.flatMap(({ id }) => {
      const gaps = shortfalls.flatMap((short) => ('theme' in short && short.theme === id ? [{ kind: short.kind, is: short.is, asked: short.asked }] : []));
      return gaps.length > 0 ? [{ theme: id, gaps }] : [];
    }),
  };
}

/** Whole points, and how many (`n`) are missing: 39.6 of 40 does not read as 40 of 40. */
export const figures = ({ is, asked }: { is: number; asked: number }) => ({ is: Math.floor(is), asked: Math.ceil(asked), n: Math.ceil(asked) - Math.floor(is) });

/**
 * Where to begin in a theme: what is indispensable first; then what stands worst, or, where proofs count, what is declared already and
 * lacks its proof alone.
 */
export function beginWith(measures: readonly MeasureStanding[], theme: string, track: Track, most: number): MeasureStanding[] {
  const rank = ({ importance }: MeasureStanding) => ['mandatory', 'recommended', 'nice_to_have'].indexOf(importance);
  const isDeclared = ({ ring }: MeasureStanding) => Number(track !== 'declared' && ring === 'declared');
  const enough = ringRank(track === 'declared' ? 'declared' : 'holds');
  return measures
    .filter((one) => one.theme === theme && one.is_applicable && ringRank(one.ring) < enough)
    .sort((a, b) => rank(a) - rank(b) || isDeclared(b) - isDeclared(a) || ringRank(a.ring) - ringRank(b.ring))
    .slice(0, most);
}

/** Labels of whose end somebody is to be reminded: those after which none goes on. */
export const ending = (awards: readonly LabelAward[]): LabelAward[] =>
  awards.filter((award) => awardState(award) === 'soon' && !awards.some((other) => counts(other) && other.expires_at > award.expires_at));

/** The code in the part of an address behind its `#`: empty when it names none, null when the address is about something else. */
export function codeOf(hash: string): string | null {
  const found = /^#\/label(?:\/([\w-]*))?\/?$/.exec(hash);
  return found ? tidyCode(found[1] ?? '') : null;
}

/** As it may be typed from paper: in small letters, in groups, with the address around it. */
export const tidyCode = (text: string): string => text.replace(/^.*\/label\//, '').replace(/[^0-9A-Za-z]/g, '').toUpperCase();
