// The assessments of an organisation to be taken along.
import { tableOf, type ExportTable } from '@haubert/ui';
import type { AssessmentSummary } from '../../api/library-types';
import { t } from '../../i18n';

export const assessmentsTable = (shown: readonly AssessmentSummary[], frameworkName: (ref: string) => string): ExportTable =>
  tableOf('assessments', t('assessments.title'), [
    { key: 'title', title: t('assessments.name'), value: ({ title }) => title },
    { key: 'framework', title: t('assessments.framework'), value: ({ framework }) => framework, text: ({ framework }) => frameworkName(framework) },
    { key: 'kind', title: t('assessments.kind'), value: ({ kind }) => kind, text: ({ kind }) => t(`assessments.kind.${kind}`) },
    { key: 'state', title: t('assessments.state'), value: ({ state }) => state, text: ({ state }) => t(`assessments.state.${state}`) },
    { key: 'answered', title: t('assessments.progress'), value: ({ answered }) => answered },
    { key: 'asked', title: t('libraries.measures'), value: ({ asked }) => asked },
    { key: 'score_least', title: `${t('assessments.score')} (≥)`, value: ({ total }) => total?.least },
    { key: 'score_most', title: `${t('assessments.score')} (≤)`, value: ({ total }) => total?.most },
    { key: 'created_at', title: t('assessments.created'), value: ({ created_at }) => created_at, kind: 'time' },
    { key: 'id', title: t('export.id'), value: ({ id }) => id },
  ], shown);
