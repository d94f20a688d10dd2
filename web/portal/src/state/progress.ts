// How figures moved from day to day, as charts want them: pure.
import { addDays } from '@haubert/ui';
import type { IndicatorDay } from '../api/progress-types';
import type { Bounds } from '../api/standing-types';

export const PERIODS = ['30', '90', '365'] as const;
export type Period = (typeof PERIODS)[number];
export const THEMES = ['score', 'known', 'risks', 'actions', 'contradicted'] as const;
export type Theme = (typeof THEMES)[number];

export type Trace = 'declared' | 'evidenced' | 'audited' | 'measures' | 'known' | 'high' | 'medium' | 'low' | 'open' | 'overdue' | 'done' | 'contradicted';
export interface Line {
  trace: Trace;
  color: string;
  /** Lengths of strokes and gaps: lines differ on grey paper too. */
  dash: string;
  /** One a day, nothing where no day was kept. */
  values: (number | null)[];
  /** From the least that it can be to the most. */
  bounds?: (Bounds | null)[];
}
export interface Chart {
  theme: Theme;
  lines: Line[];
  /** Highest value of the axis. */
  top: number;
}

/** Every day from the first that was kept to the last: one that is missing has no figures. */
export function calendar(days: readonly IndicatorDay[]): { day: string; at: IndicatorDay | null }[] {
  const kept = new Map(days.map((one) => [one.day, one]));
  const sorted = [...kept.keys()].sort();
  const last = sorted.at(-1) ?? '';
  const all = [];
  for (let day = sorted[0]; day !== undefined && day <= last; day = addDays(day, 1)) all.push({ day, at: kept.get(day) ?? null });
  return all;
}

const FIGURES: Readonly<Record<Exclude<Trace, 'declared' | 'evidenced' | 'audited'>, (day: IndicatorDay) => number | undefined>> = {
  measures: (day) => day.measures,
  known: (day) => day.known,
  high: (day) => day.current_risks?.high,
  medium: (day) => day.current_risks?.medium,
  low: (day) => day.current_risks?.low,
  open: (day) => day.actions_open,
  overdue: (day) => day.actions_overdue,
  done: (day) => day.actions_done,
  contradicted: (day) => day.contradicted,
};
const DASHES = { whole: '', long: '10 5', dots: '2 4' } as const;
const SHAPES: Readonly<Record<Theme, readonly (readonly [Trace, string, keyof typeof DASHES])[]>> = {
  score: [['declared', 'var(--series-1)', 'whole'], ['evidenced', 'var(--series-3)', 'long'], ['audited', 'var(--series-4)', 'dots']],
  known: [['measures', 'var(--ink-faint)', 'long'], ['known', 'var(--series-1)', 'whole']],
  risks: [['high', 'var(--fails)', 'whole'], ['medium', 'var(--weak)', 'long'], ['low', 'var(--holds)', 'dots']],
  actions: [['open', 'var(--series-3)', 'long'], ['overdue', 'var(--fails)', 'dots'], ['done', 'var(--holds)', 'whole']],
  contradicted: [['contradicted', 'var(--fails)', 'whole']],
};

function lineOf(days: readonly (IndicatorDay | null)[], [trace, color, dash]: readonly [Trace, string, keyof typeof DASHES]): Line {
  const line = { trace, color, dash: DASHES[dash] };
  if (trace === 'declared' || trace === 'evidenced' || trace === 'audited') {
    const bounds = days.map((day) => day?.[trace] ?? null);
    return { ...line, bounds, values: bounds.map((one) => one?.least ?? null) };
  }
  return { ...line, values: days.map((day) => (day ? (FIGURES[trace](day) ?? null) : null)) };
}

/** Lines of which no day has a figure are left out: nobody has audited yet. */
export function chartsOf(days: readonly (IndicatorDay | null)[]): Chart[] {
  return THEMES.map((theme) => {
    const lines = SHAPES[theme].map((shape) => lineOf(days, shape)).filter(({ values }) => values.some((value) => value !== null));
    const reach = Math.max(0, ...lines.flatMap(({ values }) => values.map((value) => value ?? 0)));
    return { theme, lines, top: theme === 'score' ? 100 : Math.max(4, reach) };
  });
}

/** The stretches without a gap, by position. */
export function stretches(values: readonly (unknown | null)[]): number[][] {
  const all: number[][] = [];
  values.forEach((value, at) => {
    if (value === null) return;
    const last = all.at(-1);
    if (last?.at(-1) === at - 1) last.push(at);
    else all.push([at]);
  });
  return all;
}

/** The last figure of a line, and how it differs from the first of the period. */
export function moved({ values }: Line): { last: number | null; change: number | null } {
  const told = values.filter((value) => value !== null);
  const [first, last] = [told[0], told.at(-1)];
  return { last: last ?? null, change: first === undefined || last === undefined || told.length < 2 ? null : last - first };
}
