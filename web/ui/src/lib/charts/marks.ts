/**
 * How far a curve can be trusted, told by its stroke: dashed where values are uncertain, paler where they were read back later
 * from a meter's own log. A gap is neither: it is hatched (gaps.ts).
 */
import type uPlot from 'uplot';
import type { Run } from './gaps.js';
import type { Point } from './scale.js';

export interface Marks {
  uncertain: Run[];
  recovered: Run[];
}
const DASH = [9, 6] as const;

/** Stretches of points that are `so`, each from the point before to the point after it, but never across a gap. */
function runsOf(points: readonly Point[], so: (point: Point) => boolean): Run[] {
  const runs: Run[] = [];
  const known = (at: number): number | null => (points[at]?.v == null ? null : (points[at]?.t ?? null));
  points.forEach((point, at) => {
    if (point.v === null || !so(point)) return;
    const from = known(at - 1) ?? point.t;
    const to = known(at + 1) ?? point.t;
    const last = runs.at(-1);
    if (last && from <= last[1]) runs[runs.length - 1] = [last[0], to];
    else runs.push([from, to]);
  });
  return runs;
}

export const marksOf = (points: readonly Point[]): Marks => ({
  uncertain: runsOf(points, (point) => point.q === 'uncertain'),
  recovered: runsOf(points, (point) => point.back === true),
});

/** Runs of one list or the other, merged: what the ordinary stroke leaves out. */
export function either(one: readonly Run[], other: readonly Run[]): Run[] {
  const merged: Run[] = [];
  for (const run of [...one, ...other].sort(([a], [b]) => a - b)) {
    const last = merged.at(-1);
    if (last && run[0] <= last[1]) merged[merged.length - 1] = [last[0], Math.max(last[1], run[1])];
    else merged.push(run);
  }
  return merged;
}

/** As uPlot takes the stretches that a line is not drawn in: places on its canvas. */
export const clipsOf = (plot: uPlot, runs: readonly Run[]): [number, number][] => runs.map(([from, to]) => [plot.valToPos(from, 'x', true), plot.valToPos(to, 'x', true)]);

interface Stroke {
  color: string;
  width: number;
  dash: boolean;
}

/** The curve in column `at` from time to time, in another stroke than its own. */
function strokeRuns(plot: uPlot, at: number, scale: string, runs: readonly Run[], { color, width, dash }: Stroke): void {
  const times = plot.data[0] as readonly number[];
  const values = (plot.data[at] ?? []) as readonly (number | null | undefined)[];
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.strokeStyle = color;
  ctx.lineWidth = width * devicePixelRatio;
  ctx.lineJoin = 'round';
  ctx.setLineDash(dash ? DASH.map((part) => part * devicePixelRatio) : []);
  for (const [from, to] of runs) {
    ctx.beginPath();
    let down = false;
    times.forEach((time, index) => {
      const value = values[index];
      if (time < from || time > to || value === undefined) return;
      if (value === null) down = false;
      else {
        const place: [number, number] = [plot.valToPos(time, 'x', true), plot.valToPos(value, scale, true)];
        if (down) ctx.lineTo(...place);
        else ctx.moveTo(...place);
        down = true;
      }
    });
    ctx.stroke();
  }
  ctx.restore();
}

export interface Marked {
  /** Column of the plot's data. */
  at: number;
  scale: string;
  marks: Marks;
  color: string;
  pale: string;
  width: number;
}

/** Lines: the stretches that the ordinary stroke left out. */
export function drawMarkedLine(plot: uPlot, { at, scale, marks, color, pale, width }: Marked): void {
  const certain = without(marks.recovered, marks.uncertain);
  strokeRuns(plot, at, scale, certain, { color: pale, width: width * 1.4, dash: false });
  for (const run of marks.uncertain) {
    const back = marks.recovered.some(([from, to]) => from <= run[0] && run[1] <= to);
    strokeRuns(plot, at, scale, [run], { color: back ? pale : color, width: width * 1.2, dash: true });
  }
}

/** What of `runs` lies outside of `others`. */
export function without(runs: readonly Run[], others: readonly Run[]): Run[] {
  return others.reduce<Run[]>(
    (kept, [start, end]) => kept.flatMap(([from, to]): Run[] => (end <= from || start >= to ? [[from, to]] : ([[from, start], [end, to]] as Run[]).filter(([a, b]) => a < b))),
    [...runs],
  );
}

/** Stacked areas: paler as a whole where a layer was read back; the edge of an uncertain layer dashed. */
export function drawMarkedAreas(plot: uPlot, layers: readonly Marked[], veil: string, ink: string): void {
  const { ctx, bbox } = plot;
  const recovered = layers.reduce<Run[]>((all, { marks }) => either(all, marks.recovered), []);
  ctx.save();
  ctx.fillStyle = veil;
  for (const [from, to] of recovered) {
    const left = Math.max(bbox.left, plot.valToPos(from, 'x', true));
    const right = Math.min(bbox.left + bbox.width, plot.valToPos(to, 'x', true));
    if (right > left) ctx.fillRect(left, bbox.top, right - left, bbox.height);
  }
  ctx.restore();
  for (const { at, scale, marks } of layers) strokeRuns(plot, at, scale, marks.uncertain, { color: ink, width: 1.5, dash: true });
}
