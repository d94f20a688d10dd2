// The plan as a table for a spreadsheet, in the reader's language. Days and figures as spreadsheets read them.
import type { Action } from '../../api/plan-types';
import { t } from '../../i18n';
import { saveCsv } from '../../state/csv';
import { isOverdue } from '../../state/plan';
import { guide } from '../../state/guide.svelte';
import { titlesOf } from './words';

const head = () => [
  t('plan.action'), t('plan.state'), t('plan.count.overdue'), t('plan.owner'), t('plan.due'), t('plan.effort'), t('action.cost'),
  t('measures.id'), t('plan.measure'), t('plan.after'), t('plan.note'), t('plan.created'), t('plan.changed'),
];

export function savePlan(shown: readonly Action[], all: readonly Action[], organisation: string, today: string): void {
  const rows = shown.map((action) => [
    action.title,
    t(`action_state.${action.state}`),
    t(isOverdue(action, today) ? 'measures.yes' : 'measures.no'),
    action.owner,
    action.due ?? '',
    t(`effort.${action.effort}`),
    action.cost_eur ?? '',
    action.measure ?? '',
    action.measure === null ? '' : guide.name(action.measure),
    titlesOf(action.depends_on, all),
    action.note,
    action.created_at.slice(0, 10),
    action.changed_at.slice(0, 10),
  ]);
  saveCsv([head(), ...rows], organisation, t('plan.title'));
}
