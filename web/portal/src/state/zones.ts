// Where zones and conduits stand in their drawing: pure, so that it does not depend on the screen.
//
// Zones stand on an oval: a straight line between two of them then crosses no third one, whatever is joined to what. Rows by level were
// tried and let lines run behind boxes.
import type { Conduit, Zone } from '../api/inventory-types';

export const BOX = { width: 184, height: 76 } as const;
const MARGIN = 14;
/** Between lines that join the same zones. */
const APART = 30;
const ARROW = 10;

export interface Point {
  x: number;
  y: number;
}
export interface ZoneBox extends Point {
  zone: Zone;
  lines: string[];
}
export interface ConduitLine {
  conduit: Conduit;
  /** As in the list below the drawing, from 1. */
  number: number;
  from: Point;
  to: Point;
  /** Where its number stands. */
  mark: Point;
  heads: string[];
}
export interface Drawing {
  width: number;
  height: number;
  boxes: ZoneBox[];
  lines: ConduitLine[];
}

/** A name on at most two lines, cut where it is longer than a box. */
export function wrapped(name: string, most = 22): string[] {
  const lines: string[] = [];
  for (const word of name.split(/\s+/).filter(Boolean)) {
    const last = lines.at(-1);
    if (last !== undefined && `${last} ${word}`.length <= most) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  const [first = '', second, ...more] = lines.map((line) => (line.length > most ? `${line.slice(0, most - 1)}…` : line));
  if (second === undefined) return [first];
  return [first, more.length > 0 ? `${second.slice(0, most - 1).replace(/…$/, '')}…` : second];
}

/** Where a line from the middle of a box, moved by `aside`, leaves it towards `to`. */
function edge(middle: Point, to: Point, aside: Point): Point {
  const [dx, dy] = [to.x - middle.x, to.y - middle.y];
  const reach = Math.min(dx === 0 ? Infinity : (BOX.width / 2 + 3) / Math.abs(dx), dy === 0 ? Infinity : (BOX.height / 2 + 3) / Math.abs(dy));
  return { x: middle.x + dx * reach + aside.x, y: middle.y + dy * reach + aside.y };
}
function head(at: Point, from: Point): string {
  const length = Math.hypot(at.x - from.x, at.y - from.y) || 1;
  const [ux, uy] = [(at.x - from.x) / length, (at.y - from.y) / length];
  const [bx, by] = [at.x - ux * ARROW, at.y - uy * ARROW];
  const half = ARROW / 2;
  return [at, { x: bx - uy * half, y: by + ux * half }, { x: bx + uy * half, y: by - ux * half }].map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ');
}

export function drawing(zones: readonly Zone[], conduits: readonly Conduit[]): Drawing {
  const n = zones.length;
  const rx = n < 2 ? 0 : Math.max(210, n * 46);
  const ry = n < 3 ? 0 : Math.max(125, n * 34);
  // An odd number has one at the top, an even one a flat side: two stand side by side.
  const start = n === 2 ? Math.PI : n % 2 === 1 ? -Math.PI / 2 : -Math.PI / 2 - Math.PI / n;
  const middle = { x: MARGIN + BOX.width / 2 + rx, y: MARGIN + BOX.height / 2 + ry };
  const boxes = zones.map((zone, at): ZoneBox => {
    const angle = start + (at * 2 * Math.PI) / Math.max(1, n);
    return { zone, x: middle.x + rx * Math.cos(angle), y: middle.y + ry * Math.sin(angle), lines: wrapped(zone.name) };
  });
  const boxOf = new Map(boxes.map((box) => [box.zone.id, box]));
  const pair = ({ from_zone_id, to_zone_id }: Conduit) => [from_zone_id, to_zone_id].sort().join(' ');
  const lines = conduits.flatMap((conduit, index): ConduitLine[] => {
    const [a, b] = [boxOf.get(conduit.from_zone_id), boxOf.get(conduit.to_zone_id)];
    if (!a || !b) return [];
    const beside = conduits.filter((one) => pair(one) === pair(conduit));
    const shift = (beside.indexOf(conduit) - (beside.length - 1) / 2) * Math.min(APART, (BOX.height - 8) / Math.max(1, beside.length - 1));
    // Aside of the same direction for both ways round, or two lines would fall on each other.
    const [p, q] = conduit.from_zone_id < conduit.to_zone_id ? [a, b] : [b, a];
    const length = Math.hypot(q.x - p.x, q.y - p.y) || 1;
    const aside = { x: (-(q.y - p.y) / length) * shift, y: ((q.x - p.x) / length) * shift };
    const [from, to] = [edge(a, b, aside), edge(b, a, aside)];
    // Off the middle, where lines across the oval meet.
    const mark = { x: from.x + (to.x - from.x) * 0.4, y: from.y + (to.y - from.y) * 0.4 };
    return [{ conduit, number: index + 1, from, to, mark, heads: [head(to, from), ...(conduit.direction === 'both' ? [head(from, to)] : [])] }];
  });
  return { width: 2 * middle.x, height: 2 * middle.y, boxes, lines };
}

/** Asked less than the weaker of its zones. */
export function isBelow(conduit: Pick<Conduit, 'from_zone_id' | 'to_zone_id' | 'target_level'>, zones: readonly Zone[]): boolean {
  const levels = zones.filter(({ id }) => id === conduit.from_zone_id || id === conduit.to_zone_id).map(({ target_level }) => target_level);
  return conduit.target_level < Math.min(...levels);
}

/** What is written one per line. */
export const protocolsOf = (text: string): string[] => text.split('\n').map((line) => line.trim()).filter(Boolean);
