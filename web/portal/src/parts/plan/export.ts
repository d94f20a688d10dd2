// The plan to be taken along.
import { tableOf, type ExportTable } from '@haubert/ui';
import type { Action } from '../../api/plan-types';
import { t } from '../../i18n';
import { isOverdue } from '../../state/plan';
import { guide } from '../../state/guide.svelte';
import { titlesOf } from './words';

export const planTable = (shown: readonly Action[], all: readonly Action[], today: string): ExportTable =>
  tableOf('actions', t('plan.title'), [
    { key: 'title', title: t('plan.action'), value: ({ title }) => title },
    { key: 'state', title: t('plan.state'), value: ({ state }) => state, text: ({ state }) => t(`action_state.${state}`) },
    { key: 'is_overdue', title: t('plan.count.overdue'), value: (action) => isOverdue(action, today) },
    { key: 'owner', title: t('plan.owner'), value: ({ owner }) => owner },
    { key: 'due', title: t('plan.due'), value: ({ due }) => due, kind: 'day' },
    { key: 'effort', title: t('plan.effort'), value: ({ effort }) => effort, text: ({ effort }) => t(`effort.${effort}`) },
    { key: 'cost_eur', title: t('action.cost'), value: ({ cost_eur }) => cost_eur },
    { key: 'measure', title: t('measures.id'), value: ({ measure }) => measure },
    { key: 'measure_name', title: t('plan.measure'), value: ({ measure }) => (measure === null ? null : guide.name(measure)) },
    { key: 'depends_on', title: t('plan.after'), value: ({ depends_on }) => depends_on, text: ({ depends_on }) => titlesOf(depends_on, all) },
    { key: 'note', title: t('plan.note'), value: ({ note }) => note },
    { key: 'created_at', title: t('plan.created'), value: ({ created_at }) => created_at, kind: 'time' },
    { key: 'changed_at', title: t('plan.changed'), value: ({ changed_at }) => changed_at, kind: 'time' },
    { key: 'id', title: t('export.id'), value: ({ id }) => id },
  ], shown);
