// What the reports add up. Pure.
import type { Risk } from '../api/register-types';
import type { Level, MeasureStanding } from '../api/standing-types';

export const READERS = ['management', 'auditor', 'authority'] as const;
export type Reader = (typeof READERS)[number];

/** The points of article 21(2) of directive (EU) 2022/2555, as references write them. */
export const POINTS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'] as const;
export type Point = (typeof POINTS)[number];

export interface PointReport {
  point: Point;
  measures: MeasureStanding[];
  /** Means over the measures that apply, from 0 to 100; what is not known counts as nothing. */
  declared: number;
  proven: number;
}

/** Measures under each point that they meet; one may stand under several. */
export function byPoint(measures: readonly MeasureStanding[], references: ReadonlyMap<string, readonly string[]>): PointReport[] {
  const applicable = measures.filter(({ is_applicable }) => is_applicable);
  return POINTS.map((point) => {
    const own = applicable.filter(({ id }) => references.get(id)?.includes(`2(${point})`));
    const mean = (value: (measure: MeasureStanding) => number | null) => (own.length === 0 ? 0 : (100 * own.reduce((sum, measure) => sum + (value(measure) ?? 0), 0)) / own.length);
    return { point, measures: own, declared: mean(({ declared }) => declared), proven: mean(({ proven }) => proven) };
  });
}

/** Open risks by how high they are today. */
export function risksByLevel(risks: readonly Risk[]): Record<Level, number> {
  const counts: Record<Level, number> = { high: 0, medium: 0, low: 0 };
  for (const risk of risks) if (risk.state === 'open') counts[risk.current_level] += 1;
  return counts;
}

/** Risks that somebody bears, those whose time is over soonest first. */
export const acceptedRisks = (risks: readonly Risk[]): Risk[] =>
  risks
    .filter(({ state, treatment }) => state === 'open' && treatment.way === 'accept')
    .sort((a, b) => (a.treatment.accepted_until ?? '').localeCompare(b.treatment.accepted_until ?? ''));
