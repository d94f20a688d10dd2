// The grid of risk (docs/resilience-score.md, "Grids"): drawn here, decided by the hub. And what the list of scenarios shows.
import type { Level, RatedScenario, ScenarioEntry } from '../api/standing-types';

/** Rows V1 to V4, columns G1 to G4. */
const GRID: readonly (readonly Level[])[] = [
  ['low', 'low', 'low', 'medium'],
  ['low', 'low', 'medium', 'medium'],
  ['medium', 'medium', 'high', 'high'],
  ['medium', 'high', 'high', 'high'],
];
export const GRADES = [1, 2, 3, 4] as const;
export const levelOf = (gravity: number, likelihood: number): Level => GRID[likelihood - 1]?.[gravity - 1] ?? 'low';

const RANK: Readonly<Record<Level, number>> = { high: 0, medium: 1, low: 2 };
/** The highest risk first. */
export const levelRank = (level: Level): number => RANK[level];

export interface ScenarioRow extends RatedScenario {
  proposed: { gravity: number; likelihood: number };
  threats: string[];
  text: string;
}
export interface ScenarioFilter {
  pickedOnly: boolean;
  threat: string;
}

/** A company's rating beside what is proposed. */
export function scenarioRows(rated: readonly RatedScenario[], entries: readonly ScenarioEntry[], lang: 'en' | 'fr'): ScenarioRow[] {
  const known = new Map(entries.map((entry) => [entry.id, entry]));
  return rated.map((scenario) => {
    const entry = known.get(scenario.scenario);
    return {
      ...scenario,
      proposed: { gravity: entry?.gravity ?? scenario.gravity, likelihood: entry?.likelihood ?? scenario.likelihood },
      threats: entry?.threats ?? [],
      text: entry?.summary[lang] ?? '',
    };
  });
}

export const shownScenarios = (rows: readonly ScenarioRow[], { pickedOnly, threat }: ScenarioFilter): ScenarioRow[] =>
  rows.filter((row) => (!pickedOnly || row.is_picked) && (threat === '' || row.threats.includes(threat)));
