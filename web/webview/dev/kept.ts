/** What the pretended gateway keeps, and whether it is intact. */
import type { HistoryLimits, HistoryPreview, HistoryTrends, HistoryView, Quantity, RecordKind, Unit } from '../src/api/types.js';
import { series } from './history.js';

const DAY_MS = 86_400_000;
const ago = (ms: number) => new Date(Date.now() - ms).toISOString();
const QUANTITIES: [Quantity, Unit][] = [['active_power_total', 'W'], ['reactive_power_total', 'var'], ['power_factor_total', ''], ['voltage_l1', 'V'], ['current_l1', 'A'], ['frequency', 'Hz'], ['thd_voltage_l1', '%'], ['temperature', '°C']];
const OLDEST: Record<RecordKind, number> = { index: 900, load_curve: 900, trend: 398, state: 900 };

let limits: HistoryLimits = { retention: { index_days: 3650, load_curve_days: 1825, trend_days: 400, state_days: null }, budget_bytes: null };
let trends: HistoryTrends = {
  trends: QUANTITIES.slice(0, 6).map(([quantity]) => ({ quantity, dead_band: quantity === 'frequency' ? 0.01 : null })),
  load_trends: [],
};
let checking = 0;
const CHECK_MS = 6000;

let every_days: number | null = 7;

export const keepLimits = (body: unknown): HistoryLimits => (limits = body as HistoryLimits);
export const keepTrends = (body: unknown): HistoryTrends => (trends = body as HistoryTrends);
export const checkHistory = (on: boolean): void => void (checking = on ? Date.now() : 0);
export const scheduleChecks = (body: unknown): unknown => ((every_days = (body as { every_days: number | null }).every_days), body);

export function preview(body: unknown): HistoryPreview {
  const { retention, budget_bytes } = body as HistoryLimits;
  return {
    kinds: (Object.keys(OLDEST) as RecordKind[]).map((kind) => {
      const days = retention[`${kind}_days`];
      const samples = days === null ? 0 : Math.max(0, OLDEST[kind] - days) * 144_000;
      const over = kind === 'trend' && budget_bytes !== null ? Math.max(0, 184_000_000 - budget_bytes) : 0;
      return { kind, samples, oldest_at: samples ? ago(OLDEST[kind] * DAY_MS) : null, newest_at: samples ? ago((days ?? 0) * DAY_MS) : null, over_budget_bytes: over };
    }),
  };
}

export function history(): HistoryView {
  const done = checking && Date.now() - checking > CHECK_MS;
  return {
    at: ago(0), state: 'ok', bytes: 184_000_000, series: series.length, samples: 340_000_000, open_samples: 41_200, chunks: 96_000, uncompacted_chunks: 1_840, bytes_per_sample: 0.541, oldest_at: ago(900 * DAY_MS), newest_at: ago(800), last_write_at: ago(800), waiting: 0, dropped: 0,
    kinds: (Object.keys(OLDEST) as RecordKind[]).map((kind) => ({ kind, series: series.filter((one) => one.kind === kind).length, samples: 85_000_000, bytes: 44_000_000, oldest_at: ago(OLDEST[kind] * DAY_MS), newest_at: ago(60_000) })),
    disk: { free_bytes: 21_400_000_000, total_bytes: 31_900_000_000 },
    check: {
      running: checking && !done ? { started_at: new Date(checking).toISOString(), progress: (Date.now() - checking) / CHECK_MS } : null,
      last: done ? { at: new Date(checking + CHECK_MS).toISOString(), took_ms: CHECK_MS, outcome: 'damaged', findings: ['chunk 812: checksum does not match', 'chunk 813: checksum does not match'] } : { at: ago(9 * DAY_MS), took_ms: 41_300, outcome: 'whole', findings: [] },
      every_days,
      next_at: every_days === null ? null : ago(-every_days * DAY_MS),
    },
    limits,
    trends,
    choices: QUANTITIES.map(([quantity, unit]) => ({ quantity, unit })),
  };
}
