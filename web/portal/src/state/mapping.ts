// What the page about other frameworks shows: pure, so that it does not depend on the screen.
import type { RingState } from '@haubert/ui';
import type { FrameworkMapping, MappedIdentifier, MappedMeasure, MappingTarget } from '../api/mapping-types';
import { ringRank } from './standing';

export const TARGETS = ['nis2_art_21', 'recyf', 'anssi_hygiene', 'iec_62443_3_3', 'iso_27002_2022'] as const satisfies readonly MappingTarget[];

/** The state of an identifier: that of its weakest measure, else why there is none. */
export const STATES = ['fails', 'unknown', 'weak', 'declared', 'holds', 'not_asked', 'without'] as const;
export type MappingState = (typeof STATES)[number];
export function stateOf({ measures, worst }: MappedIdentifier): MappingState {
  if (measures.length === 0) return 'without';
  return worst ?? 'not_asked';
}
export const stateRing = (state: MappingState): RingState | null => (state === 'without' || state === 'not_asked' ? null : state);

export interface MappingRow extends MappedIdentifier {
  state: MappingState;
  /** Place in the other framework's order. */
  at: number;
}

const worstFirst = (a: MappedMeasure, b: MappedMeasure): number => ringRank(a.ring) - ringRank(b.ring) || a.measure.localeCompare(b.measure, 'en', { numeric: true });
/** The weakest measure of each identifier stands first. */
export const rowsOf = ({ identifiers }: FrameworkMapping): MappingRow[] =>
  identifiers.map((one, at) => ({ ...one, at, state: stateOf(one), measures: [...one.measures].sort(worstFirst) }));

export function countsOf(rows: readonly MappingRow[]): Record<MappingState, number> {
  const counts = { fails: 0, unknown: 0, weak: 0, declared: 0, holds: 0, not_asked: 0, without: 0 };
  for (const { state } of rows) counts[state] += 1;
  return counts;
}
