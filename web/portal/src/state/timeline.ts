// Where the bars of a plan stand in time, in percent of the width, so that they follow any screen and any paper. A bar ends on its day
// and is as long as its effort usually takes: nobody is asked for a second date.
import { addDays } from '@haubert/ui';
import type { Action } from '../api/plan-types';
import type { Effort } from '../api/standing-types';
import { isOpen } from './plan';

/** As the score weighs them (docs/resilience-score.md). */
export const WEEKS: Readonly<Record<Effort, number>> = { S: 1, M: 2, L: 4, XL: 8 };
const DAY_MS = 86_400_000;
/** Most months that are named: more would touch each other. */
const MOST_NAMED = 12;

export interface Bar {
  action: Action;
  /** Days. */
  start: string;
  end: string;
  /** Percent. */
  left: number;
  right: number;
}

/** From the end of one bar to the next one that rests on it: down or up at `x`, then across to `to`, unless the bar is met at once. */
export interface Link {
  id: string;
  fromRow: number;
  toRow: number;
  x: number;
  to: number | null;
  /** What rests on the other begins before the other is due. */
  isTight: boolean;
}

export interface Timeline {
  bars: Bar[];
  links: Link[];
  months: { day: string; at: number; isNamed: boolean }[];
  /** Where today is. */
  now: number;
  /** Actions without a day: they have no place here. */
  undated: Action[];
}

const number = (day: string): number => Date.parse(`${day}T00:00:00Z`) / DAY_MS;
const monthStart = (day: string): string => `${day.slice(0, 7)}-01`;
const monthAfter = (day: string): string => monthStart(addDays(monthStart(day), 31));

export const startOf = ({ due, effort }: { due: string; effort: Effort }): string => addDays(due, -7 * WEEKS[effort]);

export function timelineOf(actions: readonly Action[], today: string): Timeline {
  const wanted = actions.filter(({ state }) => state !== 'dropped');
  const dated = wanted.flatMap((action) => (action.due === null ? [] : [{ action, start: startOf({ due: action.due, effort: action.effort }), end: action.due }]));
  dated.sort((a, b) => (a.start === b.start ? number(a.end) - number(b.end) : number(a.start) - number(b.start)));

  const first = monthStart([today, ...dated.map(({ start }) => start)].reduce((a, b) => (a < b ? a : b)));
  const last = monthAfter([today, ...dated.map(({ end }) => end)].reduce((a, b) => (a > b ? a : b)));
  const at = (day: string) => (100 * (number(day) - number(first))) / (number(last) - number(first));

  const months: string[] = [];
  for (let month = first; month < last; month = monthAfter(month)) months.push(month);
  const every = Math.ceil(months.length / MOST_NAMED);

  const bars = dated.map((bar) => ({ ...bar, left: at(bar.start), right: at(bar.end) }));
  return {
    bars,
    links: linksOf(bars),
    months: months.map((day, place) => ({ day, at: at(day), isNamed: place % every === 0 })),
    now: at(today),
    undated: wanted.filter(({ due }) => due === null),
  };
}

function linksOf(bars: readonly Bar[]): Link[] {
  const rows = new Map(bars.map(({ action }, row) => [action.id, row]));
  return bars.flatMap((bar, toRow) =>
    bar.action.depends_on.flatMap((id) => {
      const fromRow = rows.get(id);
      const before = fromRow === undefined ? undefined : bars[fromRow];
      if (fromRow === undefined || before === undefined) return [];
      const x = before.right;
      const to = x < bar.left ? bar.left : x > bar.right ? bar.right : null;
      return [{ id: `${id}-${bar.action.id}`, fromRow, toRow, x, to, isTight: isOpen(before.action) && isOpen(bar.action) && before.end > bar.start }];
    }),
  );
}
