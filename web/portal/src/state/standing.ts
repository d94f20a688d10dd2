// What the page about a company's standing shows: pure, so that it does not depend on the screen.
import type { RingState } from '@haubert/ui';
import type { Bounds, Grade, MeasureStanding, Score, Standing, ThemeScore, Track } from '../api/standing-types';

export const TRACKS: readonly Track[] = ['declared', 'evidenced', 'audited'];
export const scoreOf = (standing: Standing, track: Track): Score | null => standing[track];

/** What is known less well than to half a point is said to be known only between bounds. */
export const isExact = ({ least, most }: Bounds): boolean => Math.round(most) <= Math.round(least);

type Grades = Pick<Standing['label'], 'reached' | 'grades'>;

/** Grades up to the one reached. */
const reachedCount = ({ reached, grades }: Grades): number => grades.findIndex(({ id }) => id === reached) + 1;

/** The grade to aim at; none once all are reached. */
export const nextGrade = (label: Grades): Grade | null => label.grades[reachedCount(label)] ?? null;

/** What is declared is a thin ring; what is proven or audited a closed one. */
export function gradeRings(label: Grades): { grade: Grade; ring: RingState; is: 'reached' | 'next' | 'later' }[] {
  const reached = reachedCount(label);
  return label.grades.map((grade, at) => {
    if (at < reached) return { grade, ring: grade.track === 'declared' ? 'declared' : 'holds', is: 'reached' };
    return at === reached ? { grade, ring: 'weak', is: 'next' } : { grade, ring: 'unknown', is: 'later' };
  });
}

/** The floor of each theme for a grade, as far as the grade says what is missing: a theme that is high enough is not in it. */
export function themeFloor(grade: Grade | null): number | null {
  const short = grade?.shortfalls.find((one) => one.kind === 'theme');
  return short ? short.asked : null;
}

export const isBelow = (theme: ThemeScore, floor: number | null): boolean => floor !== null && theme.index.least < floor;

export const contradicted = (measures: readonly MeasureStanding[]): MeasureStanding[] => measures.filter((measure) => measure.contradicted);

/** How pressing a state is: for sorting, the most pressing first. */
const RANK: Readonly<Record<RingState, number>> = { fails: 0, unknown: 1, weak: 2, declared: 3, holds: 4 };
export const ringRank = (ring: RingState | null): number => (ring === null ? 5 : RANK[ring]);
