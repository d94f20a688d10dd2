// Audits and findings to be taken along.
import { tableOf, type ExportTable } from '@haubert/ui';
import type { Finding } from '../../api/audit-types';
import type { AssessmentSummary } from '../../api/library-types';
import { t } from '../../i18n';
import { shownState } from '../../state/audit';

export const auditsTable = (audits: readonly AssessmentSummary[]): ExportTable =>
  tableOf('audits', t('audit.caption'), [
    { key: 'title', title: t('audit.name'), value: ({ title }) => title },
    { key: 'state', title: t('audit.state'), value: ({ state }) => state, text: ({ state }) => t(`audit.state.${state}`) },
    { key: 'answered', title: t('audit.progress'), value: ({ answered }) => answered },
    { key: 'asked', title: t('libraries.measures'), value: ({ asked }) => asked },
    { key: 'created_at', title: t('audit.begun'), value: ({ created_at }) => created_at, kind: 'time' },
    { key: 'created_by', title: t('audit.by'), value: ({ created_by }) => created_by },
  ], audits);

export const findingsTable = (findings: readonly Finding[], auditTitle: (id: string) => string): ExportTable =>
  tableOf('findings', t('audit.findings_all'), [
    { key: 'title', title: t('finding.title'), value: ({ title }) => title },
    { key: 'grade', title: t('finding.grade'), value: ({ grade }) => grade, text: ({ grade }) => t(`grade.${grade}`) },
    { key: 'measure', title: t('finding.measure'), value: ({ measure }) => measure },
    {
      key: 'state',
      title: t('finding.state_column'),
      value: shownState,
      text: (one) => {
        const state = shownState(one);
        return state === null ? '' : t(`finding.state.${state}`);
      },
    },
    { key: 'due', title: t('finding.due'), value: ({ due }) => due, kind: 'day' },
    { key: 'seen', title: t('finding.seen'), value: ({ seen }) => seen },
    { key: 'recommendation', title: t('finding.recommendation'), value: ({ recommendation }) => recommendation },
    { key: 'correction', title: t('finding.correction'), value: ({ correction }) => correction?.words },
    { key: 'audit', title: t('finding.audit'), value: ({ assessment_id }) => auditTitle(assessment_id) },
    { key: 'created_by', title: t('audit.by'), value: ({ created_by }) => created_by },
  ], findings);
