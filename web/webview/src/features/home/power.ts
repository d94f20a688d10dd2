/** Which usages are drawn one by one, and which are drawn together because they would be slivers. */
import type { Curve, Point } from '@haubert/ui';
import type { Home } from '../../api/types.js';

type Raw = Home['power_24h']['series'][number];
const MOST_LAYERS = 6;

const sizeOf = (one: Raw): number => one.points.reduce((sum, [, watts]) => sum + Math.abs(watts ?? 0), 0);
const within = (runs: Raw['uncertain'], t: number): boolean => runs.some(([from, to]) => from <= t && t <= to);
const toPoints = (one: Raw): Point[] => one.points.map(([t, v]) => ({ t, v, q: within(one.uncertain, t) ? 'uncertain' : 'good', back: within(one.recovered, t) }));

function together(list: readonly Raw[]): Point[] {
  const sums = new Map<number, Point>();
  for (const point of list.flatMap(toPoints)) {
    const sum = sums.get(point.t);
    if (!sum) sums.set(point.t, point);
    else {
      const v = point.v === null ? sum.v : (sum.v ?? 0) + point.v;
      sums.set(point.t, { t: point.t, v, q: [sum, point].some((part) => part.v === null || part.q === 'uncertain') ? 'uncertain' : 'good', back: [sum, point].some((part) => part.v !== null && part.back) });
    }
  }
  return [...sums.values()].sort((a, b) => a.t - b.t);
}

/** Layers from the steadiest place upward: the largest usage lies at the bottom; production is a line over them. */
export function powerCurves(series: readonly Raw[], name: (usage: string) => string, color: (usage: string) => string, otherName: string): Curve[] {
  const drawn = series.filter((one) => one.usage !== 'supply' && one.usage !== 'production' && sizeOf(one) > 0).sort((a, b) => sizeOf(b) - sizeOf(a));
  const alone = drawn.length > MOST_LAYERS ? drawn.slice(0, MOST_LAYERS - 1) : drawn;
  const rest = drawn.slice(alone.length);
  const curve = (usage: string, label: string, points: Point[], overlay = false): Curve => ({ id: usage, label, unit: 'W', color: color(usage), points, overlay });
  const production = series.find((one) => one.usage === 'production' && sizeOf(one) > 0);
  return [
    ...alone.map((one) => curve(one.usage, name(one.usage), toPoints(one))),
    ...(rest.length ? [curve('other', otherName, together(rest))] : []),
    ...(production ? [curve('production', name('production'), toPoints(production).map((point) => ({ ...point, v: point.v === null ? null : Math.abs(point.v) })), true)] : []),
  ];
}
