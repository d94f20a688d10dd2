/** Where bars stand: pure geometry, so that the component only draws. */
import { niceTicks } from './scale.js';

export interface BarSeries {
  key: string;
  label: string;
  color: string;
  values: readonly (number | null)[];
}
export interface Block {
  x: number;
  y: number;
  width: number;
  height: number;
  color: string;
}
export interface BarPlan {
  ticks: { value: number; y: number }[];
  blocks: Block[];
  ghosts: Block[];
  zero: number;
  slot: number;
  /** Show every n-th label. */
  every: number;
}

export const bucketTotal = (series: readonly BarSeries[], at: number): number | null =>
  series.reduce<number | null>((sum, one) => (one.values[at] == null ? sum : (sum ?? 0) + (one.values[at] ?? 0)), null);

/** Stacked bars from a zero line; the previous period as a paler, wider bar behind. Negative values go below the line. */
export function planBars(
  series: readonly BarSeries[],
  previous: readonly (number | null)[] | null,
  count: number,
  box: { left: number; top: number; width: number; height: number },
  tickScale: number,
  labelRoom: number,
): BarPlan {
  let high = 0;
  let low = 0;
  for (let at = 0; at < count; at += 1) {
    let up = 0;
    let down = 0;
    for (const one of series) {
      const value = one.values[at] ?? 0;
      if (value > 0) up += value;
      else down += value;
    }
    high = Math.max(high, up, previous?.[at] ?? 0);
    low = Math.min(low, down, previous?.[at] ?? 0);
  }
  const values = niceTicks(low / tickScale, (high || tickScale) / tickScale, 5).map((tick) => tick * tickScale);
  const bottom = values[0] ?? 0;
  const top = values.at(-1) ?? 1;
  const y = (value: number) => box.top + box.height * (1 - (value - bottom) / (top - bottom || 1));
  const slot = box.width / Math.max(1, count);
  const width = Math.max(1, slot * (previous ? 0.52 : 0.72));
  const ghostWidth = Math.max(1, slot * 0.8);
  const blocks: Block[] = [];
  const ghosts: Block[] = [];
  for (let at = 0; at < count; at += 1) {
    const middle = box.left + slot * (at + 0.5);
    const before = previous?.[at];
    if (before != null && before !== 0) ghosts.push({ x: middle - ghostWidth / 2, width: ghostWidth, y: Math.min(y(before), y(0)), height: Math.abs(y(before) - y(0)), color: '' });
    let up = 0;
    let down = 0;
    for (const one of series) {
      const value = one.values[at];
      if (value == null || value === 0) continue;
      const base = value > 0 ? up : down;
      if (value > 0) up += value;
      else down += value;
      blocks.push({ x: middle - width / 2, width, y: Math.min(y(base), y(base + value)), height: Math.abs(y(base) - y(base + value)), color: one.color });
    }
  }
  return { ticks: values.map((value) => ({ value, y: y(value) })), blocks, ghosts, zero: y(0), slot, every: Math.max(1, Math.ceil(labelRoom / slot)) };
}
