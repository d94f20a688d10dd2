// Which groups of the navigation are open: that of the page one is on, and what the reader has opened. Kept in this browser.
const KEY = 'haubert.navigation';

/** What the reader has opened (true) or folded (false) by hand; of the others the page decides. */
export type Turned = Readonly<Record<string, boolean>>;

export const isOpen = (turned: Turned, group: string, current: string | undefined): boolean => turned[group] ?? group === current;

export const turn = (turned: Turned, group: string, current: string | undefined): Turned => ({ ...turned, [group]: !isOpen(turned, group, current) });

/** Whoever comes to a page sees where it is, even in a group that was folded once. */
export function arrived(turned: Turned, group: string): Turned {
  if (turned[group] !== false) return turned;
  const { [group]: _, ...others } = turned;
  return others;
}

/** What was kept; nothing where it cannot be read. */
export function readTurned(text: string | null): Turned {
  try {
    const kept: unknown = JSON.parse(text ?? '{}');
    return Object.fromEntries(Object.entries(kept as object).filter(([, open]) => typeof open === 'boolean')) as Turned;
  } catch {
    return {};
  }
}

export const loadTurned = (): Turned => (typeof localStorage === 'undefined' ? {} : readTurned(localStorage.getItem(KEY)));

export function keepTurned(turned: Turned): void {
  if (typeof localStorage !== 'undefined') localStorage.setItem(KEY, JSON.stringify(turned));
}
