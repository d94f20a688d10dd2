/** The period of the trends page: a quick range that ends now, or two local times. */
export const QUICK = ['1h', '6h', '24h', '7d', '30d'] as const;
export type Quick = (typeof QUICK)[number];
export const HOURS: Readonly<Record<Quick, number>> = { '1h': 1, '6h': 6, '24h': 24, '7d': 168, '30d': 720 };
const HOUR_MS = 3_600_000;

export interface Range {
  from: number;
  to: number;
}

export const quickRange = (quick: Quick, now: number): Range => ({ from: now - HOURS[quick] * HOUR_MS, to: now });

/** From the page's address: `range=24h` or `from=…&to=…`; a day when it says nothing usable. */
export function rangeOf(query: URLSearchParams, now: number): Range & { quick: Quick | 'custom' } {
  const from = Date.parse(query.get('from') ?? '');
  const to = Date.parse(query.get('to') ?? '');
  if (from < to) return { from, to, quick: 'custom' };
  const quick = QUICK.find((one) => one === query.get('range')) ?? '24h';
  return { ...quickRange(quick, now), quick };
}

/** An instant as the value of `<input type="datetime-local">`, in the reader's zone. */
export function localInput(at: number): string {
  const date = new Date(at);
  return new Date(at - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

export const MOST_CURVES = 12;

/** Series numbers from the address, each once, bounded. */
export function idsOf(query: URLSearchParams): number[] {
  const all = (query.get('series') ?? '').split(',').map(Number).filter((id) => Number.isInteger(id) && id >= 0 && id <= Number.MAX_SAFE_INTEGER);
  return query.get('series') ? [...new Set(all)].slice(0, MOST_CURVES) : [];
}
