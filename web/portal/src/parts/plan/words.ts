// Words for what a plan shows in several places.
import { UNIT_SPACE, formatTime, language, type RingState } from '@haubert/ui';
import type { Action, ActionBody, ActionState } from '../../api/plan-types';
import { t } from '../../i18n';
import { differing, type Compared } from '../../state/plan';
import { guide } from '../../state/guide.svelte';
import type { Meanwhile } from '../meanwhile';

/** At noon, so that it is the same day in every zone. */
export const dayText = (day: string): string => formatTime(`${day}T12:00:00`, 'date');
export const monthText = (day: string): string => formatTime(`${day}T12:00:00`, 'month');

export const euros = (amount: number): string =>
  new Intl.NumberFormat(language.locale, { style: 'currency', currency: 'EUR', maximumFractionDigits: 0 }).format(amount).replaceAll('\u202f', UNIT_SPACE);

/** What was dropped has no ring: it neither holds nor fails. */
export const STATE_RINGS: Readonly<Record<ActionState, RingState | null>> = { todo: 'unknown', doing: 'declared', done: 'holds', dropped: null };

export const measureText = (measure: string | null): string => (measure === null ? '' : `${guide.name(measure)} (${measure})`);

export const titlesOf = (ids: readonly string[], actions: readonly Action[]): string =>
  ids.map((id) => actions.find((one) => one.id === id)?.title ?? id).join(', ');

/** One field of an action, in words. */
export function valueText(field: Compared, body: ActionBody, actions: readonly Action[]): string {
  const text = {
    title: body.title,
    measure: measureText(body.measure),
    state: t(`action_state.${body.state}`),
    owner: body.owner,
    due: body.due === null ? '' : dayText(body.due),
    effort: t(`effort.${body.effort}`),
    cost_eur: body.cost_eur === null ? '' : euros(body.cost_eur),
    depends_on: titlesOf(body.depends_on, actions),
    note: body.note,
  }[field];
  return text || t('action.none');
}

export const fieldName = (field: Compared): string => {
  const names = { title: 'action.title', measure: 'action.measure', state: 'action.state', owner: 'action.owner', due: 'action.due', effort: 'action.effort', cost_eur: 'action.cost', depends_on: 'action.depends', note: 'action.note' } as const;
  return t(names[field]);
};

export function meanwhile(theirs: Action | 'deleted', mine: ActionBody, actions: readonly Action[]): Meanwhile {
  if (theirs === 'deleted') return { says: t('action.theirs_deleted'), fields: [], takeLabel: '' };
  const fields = differing(mine, theirs).map((field) => ({ name: fieldName(field), text: valueText(field, theirs, actions) }));
  return { says: t(fields.length > 0 ? 'action.theirs' : 'action.theirs_same', { who: theirs.changed_by }), fields, takeLabel: t('action.take_theirs') };
}
