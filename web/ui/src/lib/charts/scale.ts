/** Pure arithmetic behind the charts. */

export interface Point {
  /** Milliseconds since 1970, UTC. */
  t: number;
  v: number | null;
  min?: number | null;
  max?: number | null;
  /** How far it can be trusted. */
  q?: 'good' | 'uncertain' | 'bad';
  /** Read back later from the meter's own log. */
  back?: boolean;
}

/** Round ticks from at or below `low` to at or above `high`, about `want` of them. */
export function niceTicks(low: number, high: number, want = 5): number[] {
  if (!(high > low)) return [low];
  const rough = (high - low) / Math.max(1, want);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 2.5, 5, 10].find((size) => size * power >= rough) ?? 10) * power;
  const first = Math.floor(low / step + 1e-9);
  const last = Math.ceil(high / step - 1e-9);
  return Array.from({ length: last - first + 1 }, (_, at) => Number(((first + at) * step).toPrecision(12)));
}

/** Running sums, lowest curve first. A time where no curve has a value stays a gap. */
export function stackValues(columns: readonly (readonly (number | null | undefined)[])[]): (number | null)[][] {
  const length = Math.max(0, ...columns.map((column) => column.length));
  const sums: (number | null)[][] = columns.map(() => []);
  for (let at = 0; at < length; at += 1) {
    const gap = columns.every((column) => column[at] === null || column[at] === undefined);
    let sum = 0;
    columns.forEach((column, index) => {
      sum += column[at] ?? 0;
      sums[index]?.push(gap ? null : sum);
    });
  }
  return sums;
}

/** Where a value stands alone between gaps: no line can show it, so a dot must. `undefined` is no sample of this curve, not a gap. */
export function isolated(values: readonly (number | null | undefined)[]): number[] {
  const own = values.flatMap((value, at) => (value === undefined ? [] : [at]));
  return own.filter((at, place) => values[at] !== null && (values[own[place - 1] ?? -1] ?? null) === null && (values[own[place + 1] ?? -1] ?? null) === null);
}

export interface Summary {
  min: number | null;
  max: number | null;
  mean: number | null;
  last: number | null;
  gaps: number;
  /** Parts of the values, 0 to 1. */
  uncertain: number;
  recovered: number;
}

/** What a table or a screen reader needs to know of a curve between two instants. */
export function summarise(points: readonly Point[], from = -Infinity, to = Infinity): Summary {
  let min: number | null = null;
  let max: number | null = null;
  let last: number | null = null;
  let sum = 0;
  let count = 0;
  let gaps = 0;
  let uncertain = 0;
  let recovered = 0;
  let inGap = false;
  for (const point of points) {
    if (point.t < from || point.t > to) continue;
    if (point.v === null) {
      if (!inGap) gaps += 1;
      inGap = true;
      continue;
    }
    inGap = false;
    const low = point.min ?? point.v;
    const high = point.max ?? point.v;
    min = min === null ? low : Math.min(min, low);
    max = max === null ? high : Math.max(max, high);
    last = point.v;
    sum += point.v;
    count += 1;
    if (point.q === 'uncertain') uncertain += 1;
    if (point.back) recovered += 1;
  }
  const part = (of: number) => (count ? of / count : 0);
  return { min, max, last, gaps, mean: count ? sum / count : null, uncertain: part(uncertain), recovered: part(recovered) };
}

/** A stretch of time enlarged (`factor` < 1) or widened around `at`, kept inside the whole. */
export function zoomRange(view: [number, number], whole: [number, number], factor: number, at = (view[0] + view[1]) / 2): [number, number] {
  const span = Math.min(whole[1] - whole[0], Math.max(10_000, (view[1] - view[0]) * factor));
  const share = view[1] > view[0] ? (at - view[0]) / (view[1] - view[0]) : 0.5;
  return panRange([at - span * share, at + span * (1 - share)], whole, 0);
}

/** Moved by a share of its own length, kept inside the whole. */
export function panRange(view: [number, number], whole: [number, number], share: number): [number, number] {
  const span = Math.min(view[1] - view[0], whole[1] - whole[0]);
  const from = Math.min(Math.max(view[0] + (view[1] - view[0]) * share, whole[0]), whole[1] - span);
  return [from, from + span];
}

/** Vertical places for labels that want to be at `wanted`, at least `gap` apart, within [low, high]; order kept. */
export function spreadLabels(wanted: readonly number[], gap: number, low: number, high: number): number[] {
  const order = wanted.map((_, at) => at).sort((a, b) => (wanted[a] ?? 0) - (wanted[b] ?? 0));
  const placed: number[] = new Array<number>(wanted.length).fill(0);
  let floor = low;
  for (const at of order) {
    placed[at] = Math.max(wanted[at] ?? 0, floor);
    floor = (placed[at] ?? 0) + gap;
  }
  let ceiling = high;
  for (const at of order.reverse()) {
    placed[at] = Math.min(placed[at] ?? 0, ceiling);
    ceiling = (placed[at] ?? 0) - gap;
  }
  return placed;
}
