/** From our curves to uPlot's options and data. The component around it owns the element and the reader's gestures. */
import uPlot from 'uplot';
import { formatNumber, quantityText, scaleFor } from '../text/quantity.js';
import { formatTime } from '../text/time.js';
import { resolveColor } from './colors.js';
import { drawGaps } from './gaps.js';
import { clipsOf, drawMarkedAreas, drawMarkedLine, either, marksOf, type Marked } from './marks.js';
import { isolated, niceTicks, spreadLabels, stackValues, type Point } from './scale.js';

export interface Curve {
  id: string;
  label: string;
  unit: string;
  color: string;
  points: readonly Point[];
  /** Drawn as a line even in a stacked chart (e.g. production over consumption). Overlays come last. */
  overlay?: boolean;
  dash?: boolean;
}
export interface PlotInput {
  curves: readonly Curve[];
  stacked: boolean;
  band: boolean;
  zone: string | undefined;
}
/** Units whose zero means something: their axis starts there. */
const FROM_ZERO = new Set(['W', 'var', 'VA', 'Wh', 'varh', 'VAh', 'A', 'm³', 'm³/h']);
const DAY_MS = 86_400_000;
const LABEL_GUTTER_FROM = 620;

/** Which curves carry a min/max band. */
const banded = (input: PlotInput, curve: Curve): boolean =>
  input.band && !input.stacked && curve.points.some((point) => point.min != null && point.max != null && point.max > point.min);

/** Columns: x, then one per curve, then (max, min) per banded curve. */
export function plotData(input: PlotInput): uPlot.AlignedData {
  if (!input.curves.length) return [[]];
  const tables = input.curves.map((curve): uPlot.AlignedData => {
    const times = curve.points.map((point) => point.t);
    const columns = [curve.points.map((point) => point.v)];
    if (banded(input, curve)) columns.push(curve.points.map((point) => point.max ?? point.v), curve.points.map((point) => point.min ?? point.v));
    return [times, ...columns];
  });
  const joined = uPlot.join(tables) as (number | null | undefined)[][];
  const [times = [], ...columns] = joined;
  const main: (number | null | undefined)[][] = [];
  const bands: (number | null | undefined)[][] = [];
  let at = 0;
  for (const curve of input.curves) {
    main.push(columns[at] ?? []);
    if (banded(input, curve)) bands.push(columns[at + 1] ?? [], columns[at + 2] ?? []);
    at += banded(input, curve) ? 3 : 1;
  }
  if (input.stacked) {
    const layers = input.curves.map((curve, index) => (curve.overlay ? [] : (main[index] ?? [])));
    const sums = stackValues(layers.filter((_, index) => !input.curves[index]?.overlay));
    let next = 0;
    input.curves.forEach((curve, index) => {
      if (!curve.overlay) main[index] = sums[next++] ?? [];
    });
  }
  return [times, ...main, ...bands] as uPlot.AlignedData;
}

function axisTimes(zone: string | undefined): uPlot.Axis.DynamicValues {
  let lastDay = '';
  return (_plot, splits, _axis, _space, increment) => {
    lastDay = '';
    return splits.map((at) => {
      if (increment >= 360 * DAY_MS) return formatTime(at, 'year', zone);
      if (increment >= 27 * DAY_MS) return formatTime(at, 'month', zone);
      const day = formatTime(at, 'day', zone);
      if (increment >= DAY_MS) return day;
      const time = formatTime(at, increment < 60_000 ? 'seconds' : 'time', zone);
      const shown = day === lastDay ? time : `${time}\n${day}`;
      lastDay = day;
      return shown;
    });
  };
}

export interface PlotHooks {
  select: (from: number, to: number) => void;
  cursor: (plot: uPlot) => void;
}

/** `now` gives the curves as they are when drawn: a plot outlives the data that it was made for. */
export function plotOptions(host: HTMLElement, input: PlotInput, now: () => readonly Curve[], size: { width: number; height: number }, hooks: PlotHooks): uPlot.Options {
  const css = (color: string) => resolveColor(host, color);
  const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
  const fontSize = Math.round(rem * 0.8);
  const family = getComputedStyle(host).fontFamily;
  const font = `${fontSize}px ${family}`;
  const ink = css('var(--ink-soft)');
  const grid = { stroke: css('var(--grid)'), width: 1 };
  const units = [...new Set(input.curves.map((curve) => curve.unit))];
  const roomForLabels = size.width >= LABEL_GUTTER_FROM;
  const gutter = roomForLabels ? Math.min(size.width * 0.24, Math.max(0, ...input.curves.map((curve) => textWidth(host, curve.label, `600 ${font}`))) + rem) : rem * 2;

  const series: uPlot.Series[] = [{}];
  const bands: uPlot.Band[] = [];
  const isArea = (curve: Curve) => input.stacked && !curve.overlay;
  const widthOf = (curve: Curve) => (curve.points.length > 400 ? 1.6 : 2.25);
  const marked = (): Marked[] =>
    now().flatMap((curve, place) => {
      const marks = marksOf(curve.points);
      return marks.uncertain.length + marks.recovered.length === 0
        ? []
        : [{ at: place + 1, scale: curve.unit || 'one', marks, color: css(curve.color), pale: css(`color-mix(in srgb, ${curve.color} 45%, var(--surface))`), width: widthOf(curve) }];
    });
  for (const [place, curve] of input.curves.entries()) {
    const area = isArea(curve);
    series.push({
      label: curve.label,
      scale: curve.unit || 'one',
      stroke: css(curve.color),
      width: area ? 1 : widthOf(curve),
      ...(area
        ? {}
        : {
            gaps: (plot: uPlot, _at: number, _from: number, _to: number, gaps: [number, number][]) => {
              const { uncertain, recovered } = marksOf(now()[place]?.points ?? []);
              return [...gaps, ...clipsOf(plot, either(uncertain, recovered))].sort(([a], [b]) => a - b);
            },
          }),
      points: { show: true, size: 5, fill: css(curve.color), filter: (plot, at) => isolated((plot.data[at] ?? []) as (number | null | undefined)[]) },
      ...(curve.dash || (input.stacked && curve.overlay) ? { dash: [7, 5] } : {}),
      ...(area ? { fill: css(`color-mix(in srgb, ${curve.color} 72%, var(--surface))`) } : {}),
    });
  }
  if (input.stacked) {
    // Each layer is filled down to the one under it.
    input.curves.forEach((curve, index) => {
      if (index > 0 && !curve.overlay) bands.push({ series: [index + 1, index] });
    });
  }
  for (const curve of input.curves) {
    if (!banded(input, curve)) continue;
    const at = series.length;
    const edge: uPlot.Series = { scale: curve.unit || 'one', stroke: 'transparent', width: 0, points: { show: false } };
    series.push(edge, { ...edge });
    bands.push({ series: [at, at + 1], fill: css(`color-mix(in srgb, ${curve.color} 22%, transparent)`) });
  }

  const scales: uPlot.Scales = { x: { time: true } };
  const axes: uPlot.Axis[] = [
    { stroke: ink, font, grid: { show: false }, ticks: { ...grid, size: 5 }, values: axisTimes(input.zone), size: Math.round(rem * 2.9), space: Math.round(rem * 5.2) },
  ];
  units.forEach((unit, index) => {
    const key = unit || 'one';
    scales[key] = {
      range: (_plot, low, high) => {
        if (low === null || high === null) return [0, 1];
        const bottom = FROM_ZERO.has(unit) ? Math.min(0, low) : low;
        const top = FROM_ZERO.has(unit) ? Math.max(0, high) : high;
        const pad = top > bottom ? (top - bottom) * 0.04 : Math.abs(top) * 0.05 || 1;
        return [bottom < 0 || !FROM_ZERO.has(unit) ? bottom - pad : bottom, top + pad];
      },
    };
    const own = input.curves.filter((curve) => curve.unit === unit);
    axes.push({
      scale: key,
      side: index === 0 ? 3 : 1,
      // An axis that serves one curve only wears its colour.
      stroke: units.length > 1 && own.length === 1 && own[0] ? css(own[0].color) : ink,
      font,
      grid: index === 0 ? grid : { show: false },
      ticks: { show: false },
      size: Math.round(rem * 4.2),
      gap: 8,
      splits: (_plot, _axis, low, high) => niceTicks(low, high, Math.max(2, Math.floor(size.height / (rem * 3.6)))).filter((tick) => tick >= low && tick <= high),
      values: (_plot, splits) => {
        const scale = scaleFor(unit, Math.max(...splits.map(Math.abs), 0));
        const last = splits.length - 1;
        return splits.map((tick, at) => (at === last ? `${formatNumber(tick / scale.factor)}\u00a0${scale.unit}` : formatNumber(tick / scale.factor)));
      },
    });
  });

  const drawMarks = (plot: uPlot) => {
    const all = marked();
    const layer = ({ at }: Marked) => input.curves[at - 1] !== undefined && isArea(input.curves[at - 1] as Curve);
    drawMarkedAreas(plot, all.filter(layer), css('color-mix(in srgb, var(--surface) 55%, transparent)'), ink);
    for (const line of all.filter((one) => !layer(one))) drawMarkedLine(plot, line);
  };

  return {
    width: size.width,
    height: size.height,
    ms: 1,
    padding: [rem * 0.75, units.length > 1 ? (roomForLabels ? gutter : 0) : gutter, 0, 0],
    ...(input.zone ? { tzDate: (at: number) => uPlot.tzDate(new Date(at), input.zone ?? 'UTC') } : {}),
    legend: { show: false },
    cursor: {
      y: false,
      drag: { x: true, y: false, setScale: false },
      points: { size: 8, fill: (plot, at) => (at <= input.curves.length ? String(plot.series[at]?.stroke instanceof Function ? plot.series[at].stroke(plot, at) : 'transparent') : 'transparent') },
    },
    scales,
    axes,
    series,
    bands,
    hooks: {
      drawClear: [(plot) => drawGaps(plot, input.curves.map((curve) => css(curve.color)), css('var(--line-strong)'))],
      setCursor: [hooks.cursor],
      setSelect: [
        (plot) => {
          if (plot.select.width < 6) return;
          hooks.select(plot.posToVal(plot.select.left, 'x'), plot.posToVal(plot.select.left + plot.select.width, 'x'));
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
      draw: [drawMarks, ...(roomForLabels ? [(plot: uPlot) => drawLabels(plot, input, `600 ${fontSize * devicePixelRatio}px ${family}`, fontSize)] : [])],
    },
  };
}

function textWidth(host: HTMLElement, text: string, font: string): number {
  const context = document.createElement('canvas').getContext('2d');
  if (!context) return host.clientWidth * 0.15;
  context.font = font;
  return context.measureText(text).width;
}

/** The name of each curve at its right end, in its colour, moved apart where they would overlap. */
function drawLabels(plot: uPlot, input: PlotInput, font: string, fontSize: number): void {
  const ratio = devicePixelRatio;
  const right = plot.bbox.left + plot.bbox.width;
  const axisRoom = new Set(input.curves.map((curve) => curve.unit)).size > 1 ? (plot.axes.slice(2).reduce((sum, axis) => sum + ((axis as { _size?: number })._size ?? 0), 0) * ratio) : 0;
  const ends = input.curves.flatMap((curve, index) => {
    const column = plot.data[index + 1];
    const [from, to] = plot.series[0]?.idxs ?? [0, 0];
    for (let at = to; column && at >= from; at -= 1) {
      const value = column[at];
      if (value === null || value === undefined) continue;
      const below = input.stacked && !curve.overlay && index > 0 ? (plot.data[index]?.[at] ?? 0) : null;
      const height = below === null ? value : (value + below) / 2;
      return [{ curve, y: plot.valToPos(height, curve.unit || 'one', true) }];
    }
    return [];
  });
  const places = spreadLabels(ends.map((end) => end.y), fontSize * 1.25 * ratio, plot.bbox.top, plot.bbox.top + plot.bbox.height);
  const { ctx } = plot;
  ctx.save();
  ctx.font = font;
  ctx.textAlign = 'left';
  ctx.textBaseline = 'middle';
  const room = (plot.width * ratio) - right - axisRoom - 8 * ratio;
  ends.forEach(({ curve }, index) => {
    ctx.fillStyle = resolveColor(plot.root, curve.color);
    ctx.fillText(clip(ctx, curve.label, room), right + axisRoom + 8 * ratio, places[index] ?? 0);
  });
  ctx.restore();
}

function clip(context: CanvasRenderingContext2D, text: string, room: number): string {
  if (context.measureText(text).width <= room) return text;
  let end = text.length - 1;
  while (end > 1 && context.measureText(`${text.slice(0, end)}…`).width > room) end -= 1;
  return `${text.slice(0, end).trimEnd()}…`;
}

export interface ReadingAt {
  at: number;
  left: number;
  rows: { label: string; color: string; text: string; remark: 'uncertain' | 'recovered' | null }[];
}

/** What the curves say under the pointer. */
export function readingAt(plot: uPlot, input: PlotInput): ReadingAt | null {
  const index = plot.cursor.idx;
  const at = index === null || index === undefined ? undefined : plot.data[0][index];
  if (index === null || index === undefined || at === undefined || (plot.cursor.left ?? -1) < 0) return null;
  let previous = 0;
  const rows = input.curves.map((curve, place): ReadingAt['rows'][number] => {
    const raw = plot.data[place + 1]?.[index];
    const drawn = raw ?? nearest(plot, place + 1, index);
    const value = input.stacked && !curve.overlay && drawn !== null ? drawn - previous : drawn;
    if (input.stacked && !curve.overlay) previous = drawn ?? previous;
    const point = curve.points.findLast((one) => one.t <= at);
    const remark = value === null || !point ? null : point.q === 'uncertain' ? 'uncertain' : point.back ? 'recovered' : null;
    return { label: curve.label, color: curve.color, text: quantityText(value, curve.unit), remark };
  });
  return { at, left: plot.valToPos(at, 'x') + plot.bbox.left / devicePixelRatio, rows: input.stacked ? rows.reverse() : rows };
}

/** Curves with other time steps have no value exactly here: the one just before, unless a gap lies between. */
function nearest(plot: uPlot, column: number, index: number): number | null {
  const values = plot.data[column] as (number | null | undefined)[] | undefined;
  for (let at = index; values && at >= 0 && at > index - 200; at -= 1) {
    const value = values[at];
    if (value === null) return null;
    if (value !== undefined) return value;
  }
  return null;
}
