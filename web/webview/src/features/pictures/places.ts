/** Places of values on a picture, in percent of its sides. */
import type { LiveValue, PicturePlace } from '../../api/types.js';

export const MAX_PLACES = 60;
/** Steps of the arrow keys, percent. */
export const STEP = 0.5;
export const LARGE_STEP = 5;

const within = (part: number): number => Math.round(Math.min(100, Math.max(0, part)) * 100) / 100;

/** The place moved by so many percent, never off the picture. */
export const moved = <P extends Pick<PicturePlace, 'x' | 'y'>>(place: P, dx: number, dy: number): P => ({ ...place, x: within(place.x + dx), y: within(place.y + dy) });

/** What an arrow key means; null for any other key. */
export function stepOf(key: string, large: boolean): [dx: number, dy: number] | null {
  const by = large ? LARGE_STEP : STEP;
  switch (key) {
    case 'ArrowLeft':
      return [-by, 0];
    case 'ArrowRight':
      return [by, 0];
    case 'ArrowUp':
      return [0, -by];
    case 'ArrowDown':
      return [0, by];
    default:
      return null;
  }
}

export type PlaceState = 'live' | 'doubtful' | 'missing';
export function stateOf(value: LiveValue | undefined): PlaceState {
  if (!value || value.value === null || value.quality === 'bad') return 'missing';
  return value.quality === 'good' ? 'live' : 'doubtful';
}
