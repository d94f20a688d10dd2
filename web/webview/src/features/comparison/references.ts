/** What consumption is compared by: names, and the units in which it then reads best. */
import type { Reference, ReferenceKind, Unit } from '../../api/types.js';
import { t } from '../../i18n/index.js';
import { plant } from '../../state/plant.svelte.js';

export const KINDS: readonly ReferenceKind[] = ['area', 'persons', 'pieces', 'degree_days'];

/** Watt-hours are told in kilowatt-hours: per square metre they would be five digits. */
export const scaleOf = (unit: Unit): { unit: string; divisor: number } => (unit === 'Wh' ? { unit: 'kWh', divisor: 1000 } : { unit, divisor: 1 });

export const SITE = 'site';
/** A subject as the value of a choice. */
export const subjectKey = (subject: Reference['subject']): string => (subject.kind === 'site' ? SITE : `${subject.kind}:${subject.id}`);
export function subjectOf(key: string): Reference['subject'] {
  const [kind, id = ''] = key.split(':');
  return kind === 'zone' || kind === 'load' ? { kind, id } : { kind: 'site' };
}

export function subjectName(subject: Reference['subject']): string {
  if (subject.kind === 'site') return t('references.site');
  const name = subject.kind === 'zone' ? plant.zoneName(subject.id) : plant.load(subject.id)?.name;
  return name ?? t('references.gone');
}
