/** Names of rows and periods. */
import { formatTime, language, toDate } from '@haubert/ui';
import type { ConsumptionRow, GroupBy, Step } from '../../api/types.js';
import { t } from '../../i18n/index.js';
import { usageLabel } from '../../words/labels.js';

export function rowName(row: ConsumptionRow, by: GroupBy): string {
  if (by === 'usage') return usageLabel(row.usage ?? row.key);
  return row.label || t('common.no_zone');
}

const AXIS: Readonly<Record<Step, Intl.DateTimeFormatOptions>> = { hour: { hour: '2-digit' }, day: { day: 'numeric' }, month: { month: 'short' }, year: { year: 'numeric' } };

/** Short, for under a bar. */
export function bucketLabel(start: string, step: Step, timeZone: string): string {
  const date = toDate(start);
  return date ? new Intl.DateTimeFormat(language.locale, { ...AXIS[step], timeZone }).format(date) : '';
}

/** In full. */
export function bucketTitle(start: string, step: Step, timeZone: string): string {
  if (step === 'hour') return formatTime(start, 'datetime', timeZone);
  return formatTime(start, step === 'day' ? 'day' : step, timeZone);
}
