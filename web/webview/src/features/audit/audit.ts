/** Records as words: what happened in a sentence, and what differs between before and after. */
import { formatTime, type RingState } from '@haubert/ui';
import type { AuditRecord } from '../../api/types.js';
import { t } from '../../i18n/index.js';
import { plant } from '../../state/plant.svelte.js';
import { eventText } from '../../words/sentences.js';

export const CATEGORIES = ['access_control', 'configuration', 'request_error', 'system', 'backup_restore', 'audit_log'] as const;
export const OUTCOMES = ['success', 'failure', 'refused'] as const;

const OUTCOME_RING: Record<string, RingState> = { success: 'holds', failure: 'fails', refused: 'weak' };
export const outcomeRing = (outcome: string): RingState => OUTCOME_RING[outcome] ?? 'unknown';

/** One leaf that differs. */
export interface Change {
  path: string;
  before: string;
  after: string;
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

function shown(value: unknown): string {
  if (value === undefined || value === null) return t('audit.nothing');
  if (value === '[secret]') return t('audit.secret');
  if (value === '[secret, changed]') return t('audit.secret_changed');
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** What differs, leaf by leaf. A setting's `value` is the setting itself: its name leads no path. */
export function changes(before: unknown, after: unknown, path: readonly string[] = []): Change[] {
  if (isObject(before) || isObject(after)) {
    const [left, right] = [isObject(before) ? before : {}, isObject(after) ? after : {}];
    const names = [...new Set([...Object.keys(left), ...Object.keys(right)])];
    // An object beside a plain value, or without fields, is told whole.
    const comparable = names.length > 0 && [before, after].every((side) => isObject(side) || side === undefined || side === null);
    if (comparable) return names.flatMap((name) => changes(left[name], right[name], path.length === 0 && name === 'value' ? path : [...path, name]));
  }
  return [{ path: path.join(' › '), before: shown(before), after: shown(after) }];
}

/** What a record was done to, in words. */
export function targetText(record: AuditRecord): string {
  if (!record.target) return '';
  const kind = t.dynamic(`audit.kind.${record.target.kind}`, {}, record.target.kind);
  const name = record.target.name || record.target.id;
  return name ? `${kind} ${name}` : kind;
}

/** Times in details are read in the site's zone. */
const readable = (details: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(details).map(([name, text]) => [name, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(text) ? formatTime(text, 'datetime', plant.timeZone) : text]));

/** The record as a sentence. */
export function recordText(record: AuditRecord): string {
  const details = { code: '', request: '', ...readable(record.details), what: targetText(record) };
  const known = t.dynamic(`audit.action.${record.action}`, details, '');
  const text = known || eventText({ id: record.seq, at: record.at, severity: 'info', code: record.action, params: record.details });
  const count = Number(record.details['count'] ?? 0);
  return known && count > 0 ? `${text} (${t('audit.times', { n: count })})` : text;
}

/** Who did it, in words. */
export const actorText = (record: AuditRecord): string => record.actor.account || t.dynamic(`audit.actor.${record.actor.kind}`, {}, record.actor.kind);

/** The filters of the page; what is empty asks for everything. */
export interface Filters {
  from: string;
  to: string;
  account: string;
  source: string;
  category: string;
  action: string;
  outcome: string;
  text: string;
}

export const NO_FILTERS: Readonly<Filters> = { from: '', to: '', account: '', source: '', category: '', action: '', outcome: '', text: '' };

/** Filters as the API takes them; a day ends with the next one's beginning, in the reader's own zone. */
export function query(filters: Readonly<Filters>): Record<string, string> {
  const given = Object.entries(filters).filter(([name, value]) => value.trim() !== '' && name !== 'from' && name !== 'to');
  const day = (text: string, more: number): string | null => {
    const [year, month, date] = text.split('-').map(Number);
    return year && month && date ? new Date(year, month - 1, date + more).toISOString() : null;
  };
  const [from, to] = [day(filters.from, 0), day(filters.to, 1)];
  return { ...Object.fromEntries(given.map(([name, value]) => [name, value.trim()])), ...(from ? { from } : {}), ...(to ? { to } : {}) };
}
