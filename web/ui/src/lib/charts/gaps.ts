/** Where curves have no values, hatched, so that an interruption is never mistaken for a straight line or a zero. */
import type uPlot from 'uplot';

export type Run = readonly [from: number, to: number];
type Column = readonly (number | null | undefined)[];

/**
 * The stretches without values of one curve: from the last value before a gap to the first one after it. `null` is a gap, `undefined`
 * no sample of this curve at that time. A gap that reaches the end ends with the last time.
 */
export function gapRuns(times: readonly number[], values: Column): Run[] {
  const runs: Run[] = [];
  let last: number | null = null;
  let since: number | null = null;
  let seen = 0;
  values.forEach((value, at) => {
    const time = times[at];
    if (value === undefined || time === undefined) return;
    if (value === null) since ??= last ?? time;
    else {
      if (since !== null) runs.push([since, time]);
      since = null;
      last = time;
    }
    seen = time;
  });
  if (since !== null && seen > since) runs.push([since, seen]);
  return runs;
}

/** What lies in all of the lists. */
export function common(lists: readonly (readonly Run[])[]): Run[] {
  const [first = [], ...others] = lists;
  return others.reduce<Run[]>(
    (kept, runs) => kept.flatMap(([from, to]) => runs.flatMap(([start, end]): Run[] => (Math.max(from, start) < Math.min(to, end) ? [[Math.max(from, start), Math.min(to, end)]] : []))),
    [...first],
  );
}

/** Stripes across a box of the canvas. */
function hatch(ctx: CanvasRenderingContext2D, x: number, y: number, width: number, height: number, step: number, color: string): void {
  ctx.save();
  ctx.beginPath();
  ctx.rect(x, y, width, height);
  ctx.clip();
  ctx.strokeStyle = color;
  ctx.lineWidth = Math.max(1, step / 6);
  ctx.beginPath();
  // Counted from the canvas and not from the box, so that the stripes stand still while the box moves.
  for (let at = Math.floor((x - height) / step) * step; at < x + width + height; at += step) {
    ctx.moveTo(at, y + height);
    ctx.lineTo(at + height, y);
  }
  ctx.stroke();
  ctx.restore();
}

/** Full height where no curve has values; a strip in its colour at the foot where only some have none. */
export function drawGaps(plot: uPlot, colors: readonly string[], neutral: string): void {
  const times = plot.data[0] as readonly number[];
  const lists = colors.map((_, at) => gapRuns(times, (plot.data[at + 1] ?? []) as Column));
  if (lists.every((runs) => runs.length === 0)) return;
  const { ctx, bbox } = plot;
  const ratio = devicePixelRatio;
  const box = ([from, to]: Run): [number, number] => {
    const left = Math.max(bbox.left, plot.valToPos(from, 'x', true));
    return [left, Math.max(0, Math.min(bbox.left + bbox.width, plot.valToPos(to, 'x', true)) - left)];
  };
  const shared = common(lists);
  for (const run of shared) {
    const [x, width] = box(run);
    if (width > 0) hatch(ctx, x, bbox.top, width, bbox.height, 8 * ratio, neutral);
  }
  if (colors.length < 2) return;
  const strip = 5 * ratio;
  let foot = bbox.top + bbox.height;
  lists.forEach((runs, at) => {
    const own = runs.filter(([from, to]) => !shared.some(([start, end]) => start <= from && to <= end));
    if (own.length === 0 || foot - strip < bbox.top) return;
    foot -= strip + ratio;
    for (const run of own) {
      const [x, width] = box(run);
      if (width > 0) hatch(ctx, x, foot, width, strip, 4 * ratio, colors[at] ?? neutral);
    }
  });
}
