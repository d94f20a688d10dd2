/** The settings of the history as a form: texts as typed, and what is wrong with them. */
import type { HistoryLimits, HistoryPreview, RecordKind } from '../../api/types.js';
import { t } from '../../i18n/index.js';

export const KINDS = ['index', 'load_curve', 'trend', 'state'] as const satisfies readonly RecordKind[];
type DaysKey = `${RecordKind}_days`;
export const daysKey = (kind: RecordKind): DaysKey => `${kind}_days`;

const MB = 1_000_000;
const MOST_DAYS = 36_500;
/** 16 MiB, as the gateway wants it, in whole megabytes. */
export const LEAST_MB = 17;
const MOST_MB = 100_000_000;

export interface LimitsDraft {
  days: Record<DaysKey, number | null>;
  budgetMb: number | null;
}

export const draftOf = (limits: HistoryLimits): LimitsDraft => ({ days: { ...limits.retention }, budgetMb: limits.budget_bytes === null ? null : Math.round(limits.budget_bytes / MB) });
export const limitsOf = (draft: LimitsDraft): HistoryLimits => ({ retention: { ...draft.days }, budget_bytes: draft.budgetMb === null ? null : draft.budgetMb * MB });

export function limitErrors(draft: LimitsDraft): Record<string, string> {
  const errors: Record<string, string> = {};
  const outside = (value: number | null, low: number, high: number) => value !== null && (!Number.isInteger(value) || value < low || value > high);
  for (const kind of KINDS) if (outside(draft.days[daysKey(kind)], 1, MOST_DAYS)) errors[`retention.${daysKey(kind)}`] = t('common.between', { low: 1, high: MOST_DAYS });
  if (outside(draft.budgetMb, LEAST_MB, MOST_MB)) errors['budget_bytes'] = t('common.between', { low: LEAST_MB, high: MOST_MB });
  return errors;
}

/** The kinds of which something would be deleted. */
export const doomed = (preview: HistoryPreview): HistoryPreview['kinds'] => preview.kinds.filter((one) => one.samples > 0 || one.over_budget_bytes > 0);
export const destroys = (preview: HistoryPreview): boolean => doomed(preview).length > 0;

/** A dead band as typed: null when empty, undefined when it makes no sense. */
export function bandOf(text: string): number | null | undefined {
  const trimmed = text.trim().replace(',', '.');
  if (!trimmed) return null;
  const value = Number(trimmed);
  return Number.isFinite(value) && value > 0 ? value : undefined;
}
