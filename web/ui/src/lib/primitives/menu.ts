// How keys move in a menu: pure, so that it is tested without a browser.
import { fold } from '../data/table.js';

export interface MenuItem {
  key: string;
  label: string;
  note?: string;
  /** A file that the server gives; without it, the choice is told. */
  href?: string;
}

/** Where a key leads from the entry `at` (−1 for none), or nothing when it leads nowhere. A letter leads to the next entry that begins with it. */
export function keyTarget(key: string, at: number, labels: readonly string[]): number | null {
  const count = labels.length;
  if (count === 0) return null;
  if (key === 'ArrowDown') return (at + 1) % count;
  if (key === 'ArrowUp') return at <= 0 ? count - 1 : at - 1;
  if (key === 'Home') return 0;
  if (key === 'End') return count - 1;
  if ([...key].length !== 1 || key === ' ') return null;
  const steps = labels.map((_, step) => (at + 1 + step) % count);
  return steps.find((one) => fold(labels[one] ?? '').trim().startsWith(fold(key))) ?? null;
}
