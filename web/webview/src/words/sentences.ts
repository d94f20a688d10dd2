/** Events and notices as sentences: their parameters are texts, some of which read better as figures with their unit. */
import { formatDuration, formatTime } from '@haubert/ui';
import type { GatewayEvent, Notice } from '../api/types.js';
import { t } from '../i18n/index.js';
import { plant } from '../state/plant.svelte.js';

/** Times come in UTC as texts; they are read in the site's zone. */
const readable = (params: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(params).map(([name, text]) => [name, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(text) ? formatTime(text, 'datetime', plant.timeZone) : text]));

/** `n` is the count that the sentence is about, `by` how far the clock jumped, `lasted` how long something was so. */
function told(params: Readonly<Record<string, string>>): Record<string, string | number> {
  const count = params['count'] ?? params['waiting'];
  const [jump, lasted] = [params['by_ms'], params['lasted_ms']];
  return { ...readable(params), ...(count === undefined ? {} : { n: Number(count) }), ...(jump === undefined ? {} : { by: formatDuration(Number(jump)) }), ...(lasted === undefined ? {} : { lasted: formatDuration(Number(lasted)) }) };
}

export const eventText = (event: GatewayEvent): string => t.dynamic(`event.${event.code}`, told(event.params), event.code);
export const noticeText = (notice: Notice): string => t.dynamic(`notice.${notice.code}`, told(notice.params), notice.code);
