/** Names of rows and periods. */
import { formatTime, language, toDate, zoneName } from '@haubert/ui';
import type { GroupBy, Step } from '../../api/types.js';
import { t } from '../../i18n/index.js';
import { usageLabel } from '../../words/labels.js';
import type { ShownRow } from './measure.js';

export function rowName(row: Pick<ShownRow, 'key' | 'label' | 'usage'>, by: GroupBy): string {
  if (by === 'usage') return usageLabel(row.usage ?? row.key);
  return row.label || t('common.no_zone');
}

const AXIS: Readonly<Record<Step, Intl.DateTimeFormatOptions>> = { hour: { hour: '2-digit' }, day: { day: 'numeric' }, month: { month: 'short' }, year: { year: 'numeric' } };

/** Short, for under a bar. */
export function bucketLabel(start: string, step: Step, timeZone: string): string {
  const date = toDate(start);
  return date ? new Intl.DateTimeFormat(language.locale, { ...AXIS[step], timeZone }).format(date) : '';
}

const HOUR_MS = 3_600_000;

/** In full; a day that is not 24 hours long says so, and an hour that comes twice says which it is. */
export function bucketTitle(start: string, step: Step, timeZone: string, end?: string): string {
  if (step === 'hour') {
    const twice = [-HOUR_MS, HOUR_MS].some((by) => formatTime(Date.parse(start) + by, 'datetime', timeZone) === formatTime(start, 'datetime', timeZone));
    return formatTime(start, 'datetime', timeZone) + (twice ? ` (${offsetOf(start, timeZone)})` : '');
  }
  const hours = end === undefined ? 24 : (Date.parse(end) - Date.parse(start)) / HOUR_MS;
  const title = formatTime(start, step === 'day' ? 'day' : step, timeZone);
  return step === 'day' && hours !== 24 ? `${title} (${t('consumption.day_hours', { hours })})` : title;
}

const offsetOf = (at: string, timeZone: string): string => zoneName(timeZone, at).replace(/^.*\(|\)$/g, '');
