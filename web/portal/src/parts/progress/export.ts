// How an organisation moved, and how it compares, to be taken along.
import { tableOf, type ExportTable } from '@haubert/ui';
import type { ComparedFigure, IndicatorDay } from '../../api/progress-types';
import { t } from '../../i18n';
import { figures } from './columns';

export const daysTable = (shown: readonly IndicatorDay[]): ExportTable =>
  tableOf('days', t('progress.title'), [
    { key: 'day', title: t('progress.day'), value: ({ day }) => day, kind: 'day' },
    ...figures().map(({ key, label, value }) => ({ key: key.replaceAll('-', '_'), title: label, value })),
  ], shown);

export const benchmarkTable = (shown: readonly ComparedFigure[], nameOf: (id: string) => string): ExportTable =>
  tableOf('benchmark', t('benchmark.title'), [
    { key: 'theme', title: t('benchmark.theme'), value: ({ id }) => id, text: ({ id }) => nameOf(id) },
    { key: 'own', title: t('benchmark.own'), value: ({ own }) => Math.round(own) },
    { key: 'lower', title: t('benchmark.lower'), value: ({ spread }) => spread?.lower },
    { key: 'median', title: t('benchmark.median'), value: ({ spread }) => spread?.median },
    { key: 'upper', title: t('benchmark.upper'), value: ({ spread }) => spread?.upper },
    { key: 'organisations', title: t('benchmark.organisations'), value: ({ spread }) => spread?.count },
  ], shown);
